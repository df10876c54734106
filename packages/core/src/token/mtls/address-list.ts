/**
 * Recognizes addresses and networks, with `net.BlockList` of Node.
 *
 * @module
 */
import { expect } from '../../options.js';

/**
 * Returns a function that tells whether an address is in the list. An IPv4 address in IPv6 form
 * (`::ffff:10.0.0.5`) equals the IPv4 address.
 *
 * @throws {@link TypeError} for what is no address or network, and where there is no `node:net`
 */
export function createAddressList(
  entries: readonly unknown[],
  path: string,
): (address: string) => boolean {
  const net = globalThis.process?.getBuiltinModule?.('node:net');
  expect(net !== undefined, path, 'addresses need Node; give a function on other platforms');
  const list = new net.BlockList();
  const familyOf = (address: string): 'ipv4' | 'ipv6' => (net.isIPv6(address) ? 'ipv6' : 'ipv4');
  for (const [index, entry] of entries.entries()) {
    const isNetwork = typeof entry === 'string' && /^[^/]+(?:\/\d{1,3})?$/.test(entry);
    const [address = '', bits] = isNetwork ? entry.split('/') : [];
    const most = net.isIPv6(address) ? 128 : 32;
    const isValid = net.isIP(address) !== 0 && (bits === undefined || Number(bits) <= most);
    expect(isValid, `${path}[${index}]`, 'expected an address, or a network as 10.0.0.0/8');
    if (bits === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, Number(bits), familyOf(address));
  }
  return (address) => net.isIP(address) !== 0 && list.check(address, familyOf(address));
}
