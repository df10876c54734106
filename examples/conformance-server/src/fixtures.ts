/**
 * What the suite's server scenarios ask for, whatever the SDK: names, contents and schemas. The
 * scenarios' own descriptions are the specification.
 *
 * @module
 */

/** One red pixel. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC';
/** One silent sample. */
const WAV = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQIAAAAAAA==';

export const SERVER_INFO = { name: 'scopegate-conformance-server', version: '1.0.0' };

interface Embedded {
  type: 'resource';
  resource: { uri: string; mimeType: string; text: string };
}

type Content =
  | { type: 'text'; text: string }
  | { type: 'image' | 'audio'; data: string; mimeType: string }
  | Embedded;

export function text(value: string): { content: { type: 'text'; text: string }[] } {
  return { content: [{ type: 'text', text: value }] };
}

const image = { type: 'image' as const, data: PNG, mimeType: 'image/png' };
const audio = { type: 'audio' as const, data: WAV, mimeType: 'audio/wav' };

function embedded(uri: string, mimeType: string, content: string): Embedded {
  return { type: 'resource', resource: { uri, mimeType, text: content } };
}

/** Tools without arguments that answer at once. The first must be one that always succeeds. */
export const PLAIN_TOOLS: Readonly<Record<string, () => { content: Content[] }>> = {
  test_simple_text: () => text('This is a simple text response for testing.'),
  test_image_content: () => ({ content: [image] }),
  test_audio_content: () => ({ content: [audio] }),
  test_embedded_resource: () => ({
    content: [
      embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.'),
    ],
  }),
  test_multiple_content_types: () => ({
    content: [
      { type: 'text', text: 'Multiple content types test:' },
      image,
      embedded(
        'test://mixed-content-resource',
        'application/json',
        JSON.stringify({ test: 'data', value: 123 }),
      ),
    ],
  }),
  test_error_handling: () => {
    throw new Error('This tool intentionally returns an error for testing');
  },
};

interface UserMessage {
  role: 'user';
  content: Content;
}

function say(content: Content | string): UserMessage {
  return {
    role: 'user',
    content: typeof content === 'string' ? { type: 'text', text: content } : content,
  };
}

/** Prompts without arguments. */
export const PLAIN_PROMPTS: Readonly<Record<string, () => { messages: UserMessage[] }>> = {
  test_simple_prompt: () => ({ messages: [say('This is a simple prompt for testing.')] }),
  test_prompt_with_image: () => ({
    messages: [say(image), say('Please analyze the image above.')],
  }),
};

export function argumentsPrompt(arg1: string, arg2: string): { messages: UserMessage[] } {
  return { messages: [say(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] };
}

export function embeddedPrompt(uri: string): { messages: UserMessage[] } {
  const resource = embedded(uri, 'text/plain', 'Embedded resource content for testing.');
  return { messages: [say(resource), say('Please process the embedded resource above.')] };
}

export function inputPrompt(context: string): { messages: UserMessage[] } {
  return { messages: [say(`The context is: ${context}`)] };
}

/** Completions of `arg1`. */
export const CITIES = ['paris', 'parma', 'porto', 'test city'];

type ResourceContent = { uri: string; mimeType: string } & ({ text: string } | { blob: string });

/** Resources at a fixed URI. */
export const RESOURCES: Readonly<Record<string, ResourceContent>> = {
  'static-text': {
    uri: 'test://static-text',
    mimeType: 'text/plain',
    text: 'This is the content of the static text resource.',
  },
  'static-binary': { uri: 'test://static-binary', mimeType: 'image/png', blob: PNG },
  'watched-resource': {
    uri: 'test://watched-resource',
    mimeType: 'text/plain',
    text: 'This resource can be watched.',
  },
};

export const TEMPLATE = 'test://template/{id}/data';

export function templateContent(uri: string, id: string): { contents: ResourceContent[] } {
  const data = { id, templateTest: true, data: `Data for ID: ${id}` };
  return { contents: [{ uri, mimeType: 'application/json', text: JSON.stringify(data) }] };
}
