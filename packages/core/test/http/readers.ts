import { extractWWWAuthenticateParams as extractV2 } from '@modelcontextprotocol/client';
import { extractWWWAuthenticateParams as extractV1 } from '@modelcontextprotocol/sdk/client/auth.js';
import { WWWAuthenticateChallengeError, processRevocationResponse } from 'oauth4webapi';

/** A challenge as oauth4webapi reads it. */
export interface Read {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string | undefined>>;
  readonly token68?: string | undefined;
}

function answer(value: string): Response {
  return new Response(null, { status: 401, headers: { 'www-authenticate': value } });
}

/** What oauth4webapi finds in a header; `undefined` if it cannot read it. */
export async function readByOauth4webapi(value: string): Promise<readonly Read[] | undefined> {
  try {
    await processRevocationResponse(answer(value));
  } catch (error) {
    return error instanceof WWWAuthenticateChallengeError
      ? (error.cause as readonly unknown[] as readonly Read[])
      : undefined;
  }
  throw new Error('a 401 was taken for a success');
}

/** What the MCP SDK's v1 client finds. */
export function readBySdkV1(value: string): ReturnType<typeof extractV1> {
  return extractV1(answer(value));
}

/** What the MCP SDK's v2 client finds. */
export function readBySdkV2(value: string): ReturnType<typeof extractV2> {
  return extractV2(answer(value));
}
