/**
 * Addresses that a server outside must not make a client ask: loopback, private, link-local and the
 * like, in every spelling that a URL parser knows.
 *
 * @module
 */

/**
 * Whether a URL's host is, or says it is, no public place: an address that is not globally
 * reachable (RFC 6890), an IPv6 address that embeds one, or a name that only a local network knows.
 * What another name resolves to is not known here.
 *
 * @param hostname - as `URL.hostname` writes it: decimal and hexadecimal IPv4 are dotted by then
 */
export function isPrivateHost(hostname: string): boolean {
  if (hostname.startsWith('[')) return isPrivateV6(hostname.slice(1, -1));
  if (/^[\d.]+$/.test(hostname)) return isPrivateV4(hostname.split('.').map(Number));
  return /(?:^|\.)(?:localhost|local|internal|home\.arpa)\.?$/.test(hostname);
}

/** The same for an address as DNS gives it; what is no address is not public. */
export function isPrivateAddress(address: string): boolean {
  const url = `http://${address.includes(':') ? `[${address}]` : address}`;
  return !URL.canParse(url) || isPrivateHost(new URL(url).hostname);
}

function isPrivateV4([a = 0, b = 0, c = 0]: readonly number[]): boolean {
  return (
    a === 0 ||
    a === 10 ||
    a === 127 ||
    a > 223 ||
    (a === 100 && b >> 6 === 1) ||
    (a === 169 && b === 254) ||
    (a === 172 && b >> 4 === 1) ||
    (a === 192 && (b === 168 || (b === 0 && c === 0))) ||
    (a === 198 && b >> 1 === 9)
  );
}

function isPrivateV6(address: string): boolean {
  const [head = [], tail = []] = address.split('::').map(toGroups);
  const groups = [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  const v4 = (at: number): boolean =>
    isPrivateV4(groups.slice(at, at + 2).flatMap((group) => [group >> 8, group & 255]));
  const prefix = groups.slice(0, 6).join(',');
  // Mapped (RFC 4291 s2.5.5.2) and NAT64 (RFC 6052 s2.1).
  if (prefix === '0,0,0,0,0,65535' || prefix === '100,65435,0,0,0,0') return v4(6);
  const [first = 0, second = 0] = groups;
  // 6to4 (RFC 3056).
  if (first === 0x2002) return v4(1);
  // Global unicast is 2000::/3; Teredo (2001::/32) tunnels to anywhere.
  return first >> 13 !== 1 || (first === 0x2001 && second === 0);
}

function toGroups(part: string): number[] {
  return part === '' ? [] : part.split(':').map((group) => parseInt(group, 16));
}
