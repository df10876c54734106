/**
 * The first hop: an MCP server that calls the orders API with a token of the user, exchanged for the one that
 * the MCP client sent. `upstreamTokens`, `orders.fetch` and `guardTool` are all that it takes.
 *
 * @module
 */
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';
import type { McpHttpHandler, ServerContext } from '@modelcontextprotocol/server';
import { createGate, defineScopes } from '@scopegate/core';
import type { Auth, DecisionEvent, Gate } from '@scopegate/core';
import { upstreamTokens } from '@scopegate/core/exchange';
import type { UpstreamTokens } from '@scopegate/core/exchange';
import { jwtVerifier } from '@scopegate/core/jwt';
import { guardTool, mcpPolicy } from '@scopegate/core/mcp';
import { z } from 'zod';

export const scopes = defineScopes({
  'shop:read': { description: 'See your orders' },
  'shop:write': { description: 'Place orders for you' },
});

export type ShopScope = 'shop:read' | 'shop:write';

export interface ShopOptions {
  readonly resource: string;
  readonly issuer: string;
  /** The orders API, the resource that tokens are asked for. */
  readonly orders: string;
  readonly client: { readonly id: string; readonly secret: string };
  readonly onDecision?: (event: DecisionEvent) => void;
}

export function createShopGate({ resource, issuer, onDecision }: ShopOptions): Gate<ShopScope> {
  return createGate({
    ...{ resource, scopes, authorizationServers: [issuer] },
    verifier: jwtVerifier({ issuer, allowInsecureLoopback: true }),
    initialScopes: ['shop:read'],
    // Who may see orders may try to place one: the orders API decides what that takes.
    policy: mcpPolicy(scopes, { otherTools: 'shop:read' }),
    ...(onDecision && { onDecision }),
  });
}

export function createOrdersTokens(
  gate: Gate<ShopScope>,
  { issuer, orders, client }: ShopOptions,
): UpstreamTokens<ShopScope> {
  return upstreamTokens(gate, {
    issuer,
    clientId: client.id,
    clientAuthentication: { method: 'client_secret_basic', secret: client.secret },
    resource: orders,
    // One consent for both hops: who grants the one grants the other.
    scopes: { 'shop:read': 'orders:read', 'shop:write': 'orders:write' },
    allowInsecureLoopback: true,
  });
}

export function createShopMcp(
  gate: Gate<ShopScope>,
  orders: UpstreamTokens<ShopScope>,
): McpHttpHandler {
  return createMcpHandler(() => {
    const server = new McpServer({ name: 'shop', version: '1.0.0' });

    server.registerTool(
      'list_orders',
      { description: 'List your orders' },
      guardTool(gate, 'shop:read', async ({ http }: ServerContext) => {
        const response = await orders.fetch(http?.authInfo as Auth<ShopScope>, '/orders');
        return read(response);
      }),
    );

    server.registerTool(
      'place_order',
      { description: 'Place an order', inputSchema: z.object({ item: z.string() }) },
      guardTool(
        gate,
        'shop:read',
        async (order: { readonly item: string }, { http }: ServerContext) => {
          const response = await orders.fetch(http?.authInfo as Auth<ShopScope>, '/orders', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(order),
          });
          return read(response);
        },
      ),
    );

    return server;
  });
}

/** Missing consent never comes here: `orders.fetch` has thrown it, and the guard answers it. */
async function read(response: Response) {
  if (!response.ok) throw new Error(`the orders API answered ${response.status}`);
  return text(await response.text());
}

function text(content: string): { content: { type: 'text'; text: string }[] } {
  return { content: [{ type: 'text', text: content }] };
}
