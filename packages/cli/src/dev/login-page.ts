/**
 * The page on which a developer logs in and chooses scopes.
 *
 * @module
 */

export interface LoginPage {
  readonly clientId: string;
  readonly resource: string;
  /** The scopes that the client asks for. */
  readonly offered: readonly string[];
  readonly account: string;
}

/** Returns the page. Every value in it is escaped, since clients choose some of them. */
export function loginPage({ clientId, resource, offered, account }: LoginPage): string {
  const boxes = offered.map(
    (scope) =>
      `<label><input type="checkbox" name="scope" value="${escape(scope)}" checked> ${escape(scope)}</label><br>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Local login</title>
<style>body{font:16px/1.5 system-ui;max-width:32rem;margin:3rem auto;padding:0 1rem}input[type=text]{font:inherit;width:100%}button{font:inherit;margin:1rem 1rem 0 0}</style>
<h1>Local login</h1>
<p>The client <b>${escape(clientId)}</b> asks for access to <b>${escape(resource)}</b>. This server is for development: every name logs in.</p>
<form method="post">
<p><label>Name <input type="text" name="account" value="${escape(account)}" placeholder="user" autofocus></label></p>
<p>${boxes.length === 0 ? 'No scopes are asked for.' : boxes.join('\n')}</p>
<button name="answer" value="allow">Allow</button><button name="answer" value="deny">Refuse</button>
</form>
</html>
`;
}

function escape(text: string): string {
  const named: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replaceAll(/[&<>"]/g, (character) => named[character] ?? '');
}
