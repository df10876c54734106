/** Options of TypeDoc: one Markdown page for each entry of each package. */
import { readFileSync, readdirSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);

const entryPoints = readdirSync(new URL('packages', ROOT)).flatMap((folder) => {
  const manifest = JSON.parse(
    readFileSync(new URL(`packages/${folder}/package.json`, ROOT), 'utf8'),
  );
  return Object.values(manifest.exports)
    .filter((target) => typeof target === 'object')
    .map((target) => `../../packages/${folder}/${target['@scopegate/source']}`);
});

export default {
  entryPoints,
  tsconfig: 'tsconfig.json',
  plugin: ['typedoc-plugin-markdown'],
  outputFileStrategy: 'modules',
  readme: 'none',
  disableSources: true,
  githubPages: false,
  excludeInternal: true,
  excludeExternals: true,
  hidePageHeader: true,
  hideBreadcrumbs: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  useCodeBlocks: true,
  // The language's own classes have no page here.
  externalSymbolLinkMappings: { global: { '*': '#' }, '@types/node': { '*': '#' } },
  validation: { invalidLink: false, notExported: false },
  logLevel: 'Warn',
};
