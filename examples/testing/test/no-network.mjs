/** Makes every attempt to leave the process fail. */
import net from 'node:net';

globalThis.fetch = () => Promise.reject(new Error('no network in this test'));
net.Socket.prototype.connect = () => {
  throw new Error('no network in this test');
};
