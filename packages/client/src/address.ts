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
 * Matches IPv4 addresses that are not globally reachable (RFC 6890): 0.0.0.0/8, 10.0.0.0/8, 127.0.0.0/8,
 * multicast and above (224.0.0.0/3), 100.64.0.0/10, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16, those for
 * IETF protocols (192.0.0.0/24), for documentation (192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24) and for
 * benchmarks (198.18.0.0/15), and the former relays of 6to4 (192.88.99.0/24, RFC 7526).
 */
const PRIVATE_V4 =
  /^(?:0|10|127|22[4-9]|2[3-5]\d|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])|169\.254|172\.(?:1[6-9]|2\d|3[01])|192\.(?:168|0\.[02]|88\.99)|198\.(?:1[89]|51\.100)|203\.0\.113)\.[\d.]+$/;

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
    const [, high = '', low = ''] = embedded.filter(Boolean);
    return isPrivateAddress(`0x${high.padStart(4, '0')}${low.padStart(4, '0')}`);
  }
  if (hostname.startsWith('[')) return !GLOBAL_V6.test(hostname);
  return PRIVATE_V4.test(hostname) || LOCAL_NAME.test(hostname);
}

/** Whether an address, as DNS returns it, is not public. A text that no URL can have as host is not public. */
export function isPrivateAddress(address: string): boolean {
  const url = `http://${address.includes(':') ? `[${address}]` : address}`;
  return !URL.canParse(url) || isPrivateHost(new URL(url).hostname);
}
