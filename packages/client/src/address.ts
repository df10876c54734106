/**
 * Recognizes hosts that a server on the Internet must not make a client request: loopback, private, link-local
 * and similar addresses, in every spelling that a URL parser accepts.
 *
 * @module
 */

/**
 * Matches public IPv6 addresses: global unicast, 2000::/3, except Teredo (2001::/32), which tunnels to any
 * address, 6to4 (2002::/16), and the ranges for benchmarks (2001:2::/48), ORCHID (2001:10::/28) and
 * documentation (2001:db8::/32, 3fff::/20).
 */
const GLOBAL_V6 = /^\[(?!2001:(?:|0|2:0?|1\w|db8):|2002:|3fff:\w{0,3}:)[23]\w{3}:/;

/**
 * Matches IPv4 addresses for IETF protocols (RFC 6890), for documentation (RFC 5737) and for the former relays
 * of 6to4 (RFC 7526). Each range is a /24.
 */
const SPECIAL_V4 = /^(?:192\.(?:0\.[02]|88\.99)|198\.51\.100|203\.0\.113)\./;

/**
 * Matches a name without a dot, which only a local network resolves, and names that the public DNS does not
 * have: `localhost` and `test` (RFC 6761), `local` (RFC 6762), `home.arpa` (RFC 8375), `internal` (ICANN), and
 * others that networks use.
 */
const LOCAL_NAME =
  /(?:^|\.)(?:local(?:host|domain)?|internal|intranet|private|lan|home(?:\.arpa)?|corp|svc|test)\.?$|^[^.]+\.?$/;

/**
 * Matches IPv6 addresses that contain an IPv4 address: IPv4-mapped (RFC 4291 s2.5.5.2), NAT64 (RFC 6052 s2.1)
 * and 6to4 (RFC 3056) addresses.
 */
const EMBEDDED_V4 = /^\[(?:(?:::ffff|64:ff9b:):(\w+):(\w+)]|2002:(\w+):(\w*))/;

/**
 * Whether a URL's host is not public: an address that is not globally reachable (RFC 6890), an IPv6
 * address that contains such an address, or a name that only a local network resolves. It does not resolve
 * names.
 *
 * @param hostname - the host as `URL.hostname` writes it, which turns decimal and hexadecimal IPv4 addresses
 *   into dotted ones and IPv6 addresses into their shortest form (RFC 5952)
 */
export function isPrivateHost(hostname: string): boolean {
  const embedded = EMBEDDED_V4.exec(hostname);
  if (embedded) {
    const [, high = '', low = ''] = embedded.filter((part) => part !== undefined);
    return isPrivateAddress(`0x${high.padStart(4, '0')}${low.padStart(4, '0')}`);
  }
  if (hostname.startsWith('[')) return !GLOBAL_V6.test(hostname);
  if (!/^[\d.]+$/.test(hostname)) return LOCAL_NAME.test(hostname);
  return SPECIAL_V4.test(hostname) || isPrivateV4(hostname.split('.').map(Number));
}

/** Whether an address, as DNS returns it, is not public. A text that no URL can have as host is not public. */
export function isPrivateAddress(address: string): boolean {
  const url = `http://${address.includes(':') ? `[${address}]` : address}`;
  return !URL.canParse(url) || isPrivateHost(new URL(url).hostname);
}

function isPrivateV4([a = 0, b = 0]: readonly number[]): boolean {
  return (
    a === 0 ||
    a === 10 ||
    a === 127 ||
    a > 223 ||
    (a === 100 && b >> 6 === 1) ||
    (a === 169 && b === 254) ||
    (a === 172 && b >> 4 === 1) ||
    (a === 192 && b === 168) ||
    (a === 198 && b >> 1 === 9)
  );
}
