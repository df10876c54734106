import { expect, test } from 'vitest';
import { answersFile, metadataAnswersFile } from './support/answers.js';

/** `vitest -u` writes the files. */
test.each([
  ['answers', answersFile],
  ['metadata-answers', metadataAnswersFile],
])('vectors/%s.json says what the table of cases says', async (name, file) => {
  await expect(file()).toMatchFileSnapshot(`../vectors/${name}.json`);
});
