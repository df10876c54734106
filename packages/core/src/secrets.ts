/**
 * Keeps secrets out of texts that are logged: tokens, cookies, and secrets of the configuration.
 *
 * @module
 */

/** Minimum length of a run of characters that counts as a part of a secret. */
const RUN_LENGTH = 16;

/** Shorter secrets are not looked for, since they may also be ordinary words. */
const MIN_LENGTH = 8;

/** Maximum number of configured secrets that are stored; the oldest one is removed first. */
const MAX_SECRETS = 1_000;

/**
 * Secrets of all configurations in this process. They belong to no gate, because an error of one verifier may
 * also be logged by another gate that shares it.
 */
const configured = new Set<string>();

/**
 * Stores a secret of the configuration, such as a client secret, so that {@link withoutSecrets} replaces it.
 * Bytes, and texts shorter than 8 characters, are ignored.
 */
export function registerSecret(secret: string | Uint8Array): void {
  if (typeof secret !== 'string' || secret.length < MIN_LENGTH) return;
  configured.add(secret);
  const [oldest] = configured;
  if (configured.size > MAX_SECRETS && oldest !== undefined) configured.delete(oldest);
}

/**
 * Replaces every run of 16 or more characters of the text that is also in a secret, and every whole secret of 8
 * to 15 characters, with `[redacted]`. Secrets of the configuration are included.
 *
 * The caller limits the length of the text: the work grows with it and with the length of the secrets.
 */
export function withoutSecrets(text: string, secrets: readonly (string | null)[]): string {
  const all = [...secrets, ...configured].filter((secret) => secret !== null);
  const found = all.filter((secret) => secret.length >= MIN_LENGTH);
  if (found.length === 0) return text;
  let result = '';
  let position = 0;
  while (position < text.length) {
    const length = Math.max(...found.map((secret) => runLength(text, position, secret)));
    result += length > 0 ? '[redacted]' : text[position];
    position += Math.max(length, 1);
  }
  return result;
}

/** Returns the length of the longest run at the position that is also in the secret; 0 if it is too short. */
function runLength(text: string, position: number, secret: string): number {
  let length = Math.min(RUN_LENGTH, secret.length);
  const isPart = (): boolean =>
    position + length <= text.length && secret.includes(text.slice(position, position + length));
  if (!isPart()) return 0;
  do length++;
  while (isPart());
  return length - 1;
}

/** Maximum number of characters of a text in a decision event or a log line. */
const MAX_SHOWN = 200;
/** Maximum number of characters of a text that are read. */
const MAX_READ = 4 * MAX_SHOWN;
/** Number of characters that are taken from the beginning of a longer text. */
const HEAD = 120;

/** Returns an untrusted text as printable ASCII, redacted and cut to 200 characters. */
export function showText(text: string, secrets: readonly (string | null)[]): string {
  // Cut first, to limit the work. The cut may leave the beginning of a secret, too short to be found.
  const isCut = text.length > MAX_READ;
  const redacted = withoutSecrets(text.slice(0, MAX_READ), secrets);
  const plain = redacted.slice(0, isCut ? -RUN_LENGTH : undefined).replaceAll(/[^ -~]+/g, ' ');
  if (plain.length <= MAX_SHOWN) return plain;
  // The end often names the cause, so the middle is left out.
  return `${plain.slice(0, HEAD)}...${plain.slice(plain.length - (MAX_SHOWN - HEAD - 3))}`;
}
