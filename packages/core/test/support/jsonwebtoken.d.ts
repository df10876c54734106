/** What the tests use of jsonwebtoken, which ships no types of its own. */
declare module 'jsonwebtoken' {
  export interface VerifyOptions {
    readonly algorithms?: readonly string[];
    readonly audience?: string;
    readonly issuer?: string;
  }
  export type KeyCallback = (error: Error | null, key?: string) => void;

  const jsonwebtoken: {
    verify(token: string, key: string, options?: VerifyOptions): object;
    verify(
      token: string,
      key: (header: object, done: KeyCallback) => void,
      options: VerifyOptions,
      done: (error: Error | null, claims?: object) => void,
    ): void;
  };
  export default jsonwebtoken;
}
