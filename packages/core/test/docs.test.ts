/** The code of pages in docs/ compiles, and the server of docs/stdio.md runs. */
import { rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOf, compileFolder, makeFolder, writeFiles } from './support/compile-docs.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await makeFolder(import.meta.url);
});
afterAll(() => rm(folder, { recursive: true }));

/** What frameworks that are not installed here export, as far as the page uses it. */
const FOREIGN = `
declare module '@hono/mcp' {
  export class StreamableHTTPTransport {
    handleRequest(c: unknown): Promise<Response | undefined>;
  }
}
declare module 'mcp-handler' {
  export function createMcpHandler(
    register: (server: unknown) => void, options?: { serverInfo?: object },
  ): (request: Request) => Promise<Response>;
}
declare module '@nestjs/core' {
  interface App {
    use(...handlers: unknown[]): void;
    getHttpAdapter(): object;
    connectMicroservice(options: object): void;
    startAllMicroservices(): Promise<void>;
    listen(port: number): Promise<void>;
  }
  export const NestFactory: { create(module: object): Promise<App> };
}
declare module '@nestjs/common' {
  import type { IncomingMessage, ServerResponse } from 'node:http';
  export interface ExecutionContext {
    switchToHttp(): { getRequest(): IncomingMessage; getResponse(): ServerResponse };
  }
  export interface CanActivate { canActivate(context: ExecutionContext): Promise<boolean> }
  export class HttpException extends Error { constructor(body: object, status: number) }
  export function Controller(path: string): ClassDecorator;
  export function Get(): MethodDecorator;
  export function UseGuards(guard: CanActivate): MethodDecorator;
}
declare module 'fastmcp' {
  export class FastMCP {
    constructor(options: {
      name: string;
      version: \`\${number}.\${number}.\${number}\`;
      authenticate?: (request: import('node:http').IncomingMessage) => Promise<object>;
    });
    start(options: { transportType: 'httpStream'; httpStream: object }): Promise<void>;
  }
}
`;
/** What the pages leave to their readers. */
const YOURS: Readonly<Record<string, string>> = {
  'server.ts': `
    export declare function createServer(): { connect(transport: object): Promise<void> };
    export declare function registerTools(server: unknown): void;`,
  'app.module.ts': `
    export class AppModule {}
    export declare const mcp: { setHttpAdapter(adapter: object): void };`,
  'verifier.ts': `
    import { staticTokens } from '@scopegate/core';
    export const verifier = staticTokens({
      'a-token-that-may-read': { scopes: ['notes:read'], subject: 'ray' },
    });`,
};

const PATHS = {
  '@scopegate/core': 'packages/core/src/index.ts',
  '@scopegate/core/jwt': 'packages/core/src/token/jwt/index.ts',
  '@scopegate/core/mcp': 'packages/core/src/mcp/index.ts',
  '@scopegate/core/node': 'packages/core/src/node/index.ts',
  '@scopegate/core/providers': 'packages/core/src/providers/index.ts',
  '@scopegate/express': 'packages/adapter-express/src/index.ts',
  '@scopegate/hono': 'packages/adapter-hono/src/index.ts',
  '@scopegate/proxy': 'packages/proxy/src/index.ts',
  hono: 'packages/adapter-hono/node_modules/hono/dist/types/index.d.ts',
  '@hono/node-server': 'packages/adapter-hono/node_modules/@hono/node-server/dist/index.d.mts',
};

/** The number of blocks says that all were found. */
const PAGES: readonly (readonly [page: string, blocks: number])[] = [
  ['frameworks', 8],
  ['step-up-clients', 1],
  ['stdio', 1],
  ['providers', 16],
];

/** Blocks without imports show a call of a provider. */
const PROVIDERS = `import { auth0, clerk, cognito, entra, genericProvider, google, keycloak, okta, supabase, workos } from '@scopegate/core/providers';\n`;

async function writePage(page: string): Promise<number> {
  const blocks = await codeOf(`docs/${page}.md`);
  for (const [index, code] of blocks.entries()) {
    const [, named] = /^\/\/ (\w+\.ts)\n/.exec(code) ?? [];
    const isGuard = code.includes('export class ScopeGuard');
    const name = isGuard ? 'scope-guard.ts' : (named ?? `${page}-${index}.ts`);
    const whole = code.includes('import ') ? code : PROVIDERS + code;
    await writeFile(`${folder}/${name}`, `${whole}\nexport {};\n`);
  }
  return blocks.length;
}

test('the pages compile', async () => {
  for (const [page, count] of PAGES) expect([page, await writePage(page)]).toEqual([page, count]);
  await writeFiles(folder, { ...YOURS, 'foreign.d.ts': FOREIGN });
  const options = {
    experimentalDecorators: true,
    erasableSyntaxOnly: false,
    noUnusedLocals: false,
  };
  expect(await compileFolder(folder, PATHS, options)).toBe('');
});

describe('the server of docs/stdio.md, started by a client', () => {
  const texts = async (token: string | undefined): Promise<readonly string[]> => {
    const command = process.execPath;
    const env = token === undefined ? {} : { NOTES_TOKEN: token };
    const transport = new StdioClientTransport({ command, args: [`${folder}/stdio.mjs`], env });
    const client = new Client({ name: 'docs', version: '1.0.0' });
    await client.connect(transport);
    try {
      const answers: string[] = [];
      for (const name of ['read_notes', 'add_note']) {
        const { isError, content } = await client.callTool({ name, arguments: {} });
        const [{ text }] = content as [{ text?: string }];
        answers.push(`${isError === true ? 'refused' : 'ran'}: ${String(text)}`);
      }
      return answers;
    } finally {
      await client.close();
    }
  };

  beforeAll(async () => {
    const [code = ''] = await codeOf('docs/stdio.md');
    await writeFile(`${folder}/stdio-server.ts`, code);
    await writeFile(`${folder}/verifier.ts`, YOURS['verifier.ts'] ?? '');
    await build({
      ...{ entryPoints: [`${folder}/stdio-server.ts`], outfile: `${folder}/stdio.mjs` },
      ...{ bundle: true, format: 'esm', platform: 'node', conditions: ['@scopegate/source'] },
      // Packages of the SDK that `require` what Node brings.
      banner: {
        js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`,
      },
      alias: Object.fromEntries(
        Object.entries(PATHS)
          .filter(([name]) => name.startsWith('@scopegate/core'))
          .map(([name, path]) => [name, root + path]),
      ),
    });
  });

  test('runs what the token may do, and refuses the rest in band', async () => {
    const [read, add] = await texts('a-token-that-may-read');
    expect(read).toBe('ran: read_notes ran');
    expect(add).toMatch(/^refused: .*notes:write/s);
  });

  test.each([[undefined], ['another-token-of-somebody']])(
    'with the token %s nothing runs [T16]',
    async (token) => {
      const answers = await texts(token);
      expect(answers.every((answer) => answer.startsWith('refused: '))).toBe(true);
    },
  );
});
