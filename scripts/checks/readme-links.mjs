/**
 * Links of the packages' READMEs. They lead out of the package (`../../docs/rules.md`), which works in the
 * repository and not on the page of a package, so they are made absolute once `project.json` says where the
 * repository is: `node scripts/check.mjs --write` does it.
 */
import { posix } from 'node:path';

/**
 * Returns the text with every relative link as an absolute one. Links inside of code, anchors of the page
 * itself and links that are absolute already stay.
 *
 * @param {string} text
 * @param {string} directory - the folder of the page, such as `packages/core`
 * @param {string} repository - such as `https://example.com/owner/scopegate`
 */
export function absoluteLinks(text, directory, repository) {
  // Code is matched first, so that its brackets are never taken for a link.
  const parts = /^(`{3,})[^\n]*\n.*?^\1$|`[^`\n]*`|\]\(([^)\s#][^)\s]*)\)/gms;
  return text.replaceAll(parts, (whole, _fence, link) => {
    if (link === undefined || /^[a-z][a-z0-9+.-]*:/i.test(link)) return whole;
    return `](${repository}/blob/HEAD/${posix.join(directory, link)})`;
  });
}
