/**
 * Mints ids whose MAC covers their owner, and opens them for this owner, without a store.
 *
 * @module
 */
import { ownText } from '../../values.js';
import { readClock } from '../index.js';
import type { Clock } from '../index.js';
import { fromBase64Url, toBase64Url } from '../index.js';
import type { DerivedKey, KeyRing } from './keys.js';
import { sealValue, unsealValue } from './sealed-values.js';
import type { IdContent, OpenedId, OwnedIdMint, Owner, SealedState } from '../index.js';
import { VerifiedIds } from './verified-ids.js';

/** The facts that all ids of one gate share. */
export interface OwnedIdSettings {
  readonly resource: string;
  readonly clock: Clock;
  /** Seconds after which an id is unknown, rounded up to minutes. */
  readonly maxAge: number;
  /** Returns the keys, and derives them at the first call. */
  readonly keys: () => KeyRing | Promise<KeyRing>;
}

/** Maximum length of an id that is opened. Longer ones are unknown without being parsed. */
export const MAX_LENGTH = 4096;

/**
 * Matches key id, 128 random bits, minutes since the epoch, content if there is any, and a MAC of full length.
 * The last character of a MAC has two bits that must be zero, so that each MAC has one spelling.
 */
const ID =
  /^([\w-]{8})\.([\w-]{22})\.([1-9]\d{0,9})(?:\.([\w-]+))?\.([\w-]{42}[AEIMQUYcgkosw048])$/;

/** Matches a text with an id somewhere in it, such as two ids in a list, also one whose MAC has another spelling. */
const CONTAINS = /[\w-]{8}\.[\w-]{22}\.[1-9]\d{0,9}\.(?:[\w-]+\.)?[\w-]{43}/;

/** The number of minutes that the clock of another instance may be ahead. */
const MINUTES_AHEAD = 5;

export class MintedIds implements OwnedIdMint {
  readonly #settings: OwnedIdSettings;
  readonly #maxMinutes: number;
  readonly #verified = new VerifiedIds();

  constructor(settings: OwnedIdSettings) {
    this.#settings = settings;
    this.#maxMinutes = Math.ceil(settings.maxAge / 60);
  }

  mint(owner: string, content: IdContent): string | Promise<string> {
    const keys = this.#settings.keys();
    const random = toBase64Url(globalThis.crypto.getRandomValues(new Uint8Array(16)));
    const minted = String(this.#now());
    const encoded = encodeContent(content);
    const sign = ({ current }: KeyRing): string | Promise<string> => {
      const parts = [current.id, random, minted, encoded];
      const id = encoded === '' ? parts.slice(0, 3).join('.') : parts.join('.');
      const mac = current.sign(this.#signedText(parts, content.kind, owner));
      return typeof mac === 'string' ? `${id}.${mac}` : mac.then((text) => `${id}.${text}`);
    };
    return keys instanceof Promise ? keys.then(sign) : sign(keys);
  }

  /** Returns what the id contains, if it is of this kind, was minted for this owner, and is not too old. */
  open(
    id: string,
    kind: string,
    owner: Owner,
  ): OpenedId | undefined | Promise<OpenedId | undefined> {
    // A token that names no subject may be anybody's, so it owns nothing.
    if (owner === undefined) return undefined;
    const known = this.#verified.get(id);
    if (known !== undefined && known.owner === owner && known.kind === kind) {
      return this.#isCurrent(known.minted) ? known : undefined;
    }
    // An id that is known for another owner is verified like any other, so that the time of the answer does not
    // reveal that it is known.
    const parts = id.length > MAX_LENGTH ? null : ID.exec(id);
    if (parts === null || !this.#isCurrent(Number(parts[3]))) return undefined;
    const keys = this.#settings.keys();
    return keys instanceof Promise
      ? keys.then((ring) => this.#verify(parts, kind, owner, ring))
      : this.#verify(parts, kind, owner, keys);
  }

  /**
   * Whether the text may be or contain a minted id, whichever its keys: also if it is too long for an id, or is a
   * list, as header lines are that stand twice.
   */
  mayBeMinted(id: string): boolean {
    return id.length > MAX_LENGTH || id.includes(',') || CONTAINS.test(id);
  }

  async seal(owner: string, state: SealedState): Promise<string> {
    const { keys, resource, clock } = this.#settings;
    const { current } = await keys();
    return sealValue(state, current, { resource, owner, now: readClock(clock) });
  }

  async unseal(
    text: string,
    owner: Owner,
    state: Omit<SealedState, 'value' | 'maxAge'>,
  ): Promise<unknown> {
    if (owner === undefined) return undefined;
    const { keys, resource, clock } = this.#settings;
    const { byId } = await keys();
    return unsealValue(text, state, byId, { resource, owner, now: readClock(clock) });
  }

  #verify(
    parts: RegExpExecArray,
    kind: string,
    owner: string,
    { byId }: KeyRing,
  ): OpenedId | undefined | Promise<OpenedId | undefined> {
    const [id, keyId = '', random = '', minted = '', encoded = '', mac = ''] = parts;
    const key: DerivedKey | undefined = byId.get(keyId);
    if (key === undefined) return undefined;
    const open = (isValid: boolean): OpenedId | undefined => {
      if (!isValid) return undefined;
      const verified = { kind, owner, minted: Number(minted), ...decodeContent(encoded) };
      this.#verified.set(id, verified);
      return verified;
    };
    const text = this.#signedText([keyId, random, minted, encoded], kind, owner);
    const isValid = key.verify(text, mac);
    return typeof isValid === 'boolean' ? open(isValid) : isValid.then(open);
  }

  /**
   * Returns the text under the MAC: all parts of the id, the resource, the kind and the owner, each after its
   * length, so that no two lists have the same text.
   */
  #signedText(parts: readonly string[], kind: string, owner: string): string {
    return [...parts, this.#settings.resource, kind, owner]
      .map((part) => `${part.length}:${part}`)
      .join('');
  }

  #isCurrent(minted: number): boolean {
    const age = this.#now() - minted;
    return age >= -MINUTES_AHEAD && age <= this.#maxMinutes;
  }

  #now(): number {
    return Math.floor(readClock(this.#settings.clock) / 60_000);
  }
}

/** Returns operation and inner id as base64url; `''` if there is neither. */
function encodeContent({ operation, inner }: IdContent): string {
  if (operation === undefined && inner === undefined) return '';
  const { method, name } = operation ?? {};
  const json = JSON.stringify({ method, name, inner });
  return toBase64Url(new TextEncoder().encode(json));
}

/** Decodes content whose MAC was verified, so that only a gate with these keys can have written it. */
function decodeContent(encoded: string): OpenedId {
  if (encoded === '') return { operation: undefined, inner: undefined };
  const content: unknown = JSON.parse(new TextDecoder().decode(fromBase64Url(encoded)));
  const method = ownText(content, 'method');
  const name = ownText(content, 'name');
  const operation =
    method === undefined ? undefined : name === undefined ? { method } : { method, name };
  return { operation, inner: ownText(content, 'inner') };
}
