/**
 * Everything that takes part: the authorization server, the orders API and the shop in front of it.
 *
 * @module
 */
import type { RequestListener } from 'node:http';
import { listenLocally } from '@scopegate/example-notes-mcp/listen';
import type { LocalServer } from '@scopegate/example-notes-mcp/listen';
import type { DecisionEvent } from '@scopegate/core';
import { startAuthorizationServer } from './authorization-server.js';
import { createOrdersApi } from './orders-api.js';
import { createExpressApp } from './serve-express.js';
import { createOrdersTokens, createShopGate, createShopMcp } from './shop-server.js';

/** Opens a port for the server of this name. */
export type Listen = (name: 'login' | 'orders' | 'shop') => Promise<LocalServer>;

export interface EnvironmentOptions {
  /** @default a free port of `localhost` */
  readonly listen?: Listen;
  /** @default Express */
  readonly createApp?: (...parts: Parameters<typeof createExpressApp>) => RequestListener;
  /** Told every decision of both gates. */
  readonly onDecision?: (gate: 'shop' | 'orders', event: DecisionEvent) => void;
}

export interface Environment {
  /** The URL of the MCP endpoint. */
  readonly resource: string;
  readonly issuer: string;
  /** The orders API. */
  readonly orders: string;
  /** The number of tokens that were exchanged. */
  exchanges(): number;
  readonly placed: ReturnType<typeof createOrdersApi>['placed'];
  close(): Promise<void>;
}

const CLIENT = { id: 'shop', secret: 'a-secret-of-the-shop-that-only-it-knows' };

export async function startEnvironment(options: EnvironmentOptions = {}): Promise<Environment> {
  const { listen = listenLocally, createApp = createExpressApp, onDecision } = options;
  const shop = await listen('shop');
  const api = await listen('orders');
  const resource = `${shop.origin}/mcp`;
  const orders = `${api.origin}/orders`;
  const login = await startAuthorizationServer(listen, {
    ...{ shop: () => resource, orders: () => orders, client: CLIENT },
    consent: { 'orders:read': 'shop:read', 'orders:write': 'shop:write' },
  });
  const { issuer } = login;
  const second = createOrdersApi({
    ...{ resource: orders, issuer, shop: CLIENT.id },
    onDecision: (event) => onDecision?.('orders', event),
  });
  api.server.on('request', second.app);
  const shopOptions = {
    ...{ resource, issuer, orders, client: CLIENT },
    onDecision: (event: DecisionEvent) => onDecision?.('shop', event),
  };
  const gate = createShopGate(shopOptions);
  const mcp = createShopMcp(gate, createOrdersTokens(gate, shopOptions));
  shop.server.on('request', createApp(gate, mcp));
  return {
    ...{ resource, issuer, orders, placed: second.placed },
    exchanges: () => login.exchanges,
    async close() {
      await Promise.all([mcp.close(), shop.close(), api.close(), login.close()]);
    },
  };
}
