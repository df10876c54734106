/**
 * The second hop: an orders API with scopes of its own. It serves the shop alone, which acts for a user.
 *
 * @module
 */
import { actedBy, createGate, defineScopes } from '@scopegate/core';
import type { DecisionEvent } from '@scopegate/core';
import { jwtVerifier } from '@scopegate/core/jwt';
import { authOf, protect, resourceMetadata } from '@scopegate/express';
import express from 'express';

export const scopes = defineScopes({
  'orders:read': { description: 'Read orders' },
  'orders:write': { description: 'Place orders' },
});

export interface OrdersOptions {
  readonly resource: string;
  readonly issuer: string;
  /** The client that may act for users. */
  readonly shop: string;
  readonly onDecision?: (event: DecisionEvent) => void;
}

export function createOrdersGate({ resource, issuer, onDecision }: OrdersOptions) {
  return createGate({
    ...{ resource, scopes, authorizationServers: [issuer] },
    verifier: jwtVerifier({ issuer, allowInsecureLoopback: true }),
    ...(onDecision && { onDecision }),
  });
}

/** The API on Express, and the orders that were placed. */
export function createOrdersApi(options: OrdersOptions) {
  const gate = createOrdersGate(options);
  const { shop } = options;
  const placed: { readonly item: string; readonly by: string; readonly through: string }[] = [];
  const app = express();
  app.use(resourceMetadata(gate));
  app.get('/orders', protect(gate, actedBy(shop, 'orders:read')), (req, res) => {
    const { subject } = authOf(gate, req);
    res.json(placed.filter(({ by }) => by === subject));
  });
  app.post('/orders', protect(gate, actedBy(shop, 'orders:write')), express.json(), (req, res) => {
    const { subject = '', actors } = authOf(gate, req);
    const { item } = req.body as { readonly item: unknown };
    const order = { item: String(item), by: subject, through: String(actors[0]?.subject) };
    placed.push(order);
    res.status(201).json(order);
  });
  return { app, gate, placed };
}
