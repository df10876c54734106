export const VERSIONS: {
  readonly node: readonly string[];
  readonly bun: string;
  readonly deno: string;
};
export function findRuntime(name: 'node' | 'bun' | 'deno', version: string): Promise<string>;
