// The import table of ARCHITECTURE.md as rules; test/architecture runs them.
const adapters = '^src/storage/(sqlite|memory|mongodb)/';
// package reading and everything that opens files lives in these files of conformance/
const nodeFiles = '^src/(conformance/(package-reader|definitions-(builder|index)|load-api)|library/node)\\.ts$';
const browserFiles = '^src/(fhir|fhirpath|terminology|validation|conformance|library)/';

/** `folder` may import `allowed` (regular expressions of files below src/) and nothing else of src/. */
function mayImport(folder, allowed) {
  return {
    name: `${folder}-imports`,
    comment: `src/${folder} may import: itself, ${allowed.join(', ') || 'nothing else'}`,
    severity: 'error',
    from: { path: `^src/${folder}` },
    to: { path: '^src/', pathNot: [`^src/${folder}`, ...allowed.map((name) => `^src/${name}`)] },
  };
}

/** Only `folder` may import the npm package. */
function onlyIn(folder, packageName) {
  return {
    name: `${packageName.replace(/\W/g, '-')}-only-in-${folder.replace(/\W/g, '-')}`,
    severity: 'error',
    from: { path: '^src/', pathNot: `^src/${folder}` },
    to: { path: `node_modules/${packageName}(/|$)` },
  };
}

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    mayImport('fhir/', []),
    mayImport('fhirpath/', ['fhir/']),
    mayImport('storage/store.ts', ['fhir/']),
    mayImport('observability/', ['fhir/']),
    mayImport('storage/(sqlite|memory|mongodb)/', ['storage/(store|cursor|match-criterion).ts', 'fhir/']),
    mayImport('auth/', ['fhir/', 'conformance/capability-statement.ts']),
    mayImport('conformance/', ['fhir/', 'fhirpath/']),
    mayImport('terminology/', ['fhir/', 'conformance/']),
    mayImport('validation/', ['fhir/', 'fhirpath/', 'conformance/', 'terminology/']),
    mayImport('hl7/', ['fhir/']),
    mayImport('search/', ['fhir/', 'fhirpath/', 'conformance/', 'terminology/', 'storage/store.ts']),
    mayImport('library/', ['fhir/', 'conformance/', 'terminology/', 'validation/']),
    {
      name: 'adapters-behind-open-store',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/storage/open-store.ts$', adapters] },
      to: { path: adapters },
    },
    {
      name: 'interactions-know-no-http',
      severity: 'error',
      from: { path: '^src/(interactions|operations)/' },
      to: { path: ['^src/(http|cli)/', '^src/(server|main)\\.ts$', adapters] },
    },
    mayImport('http/', ['interactions/', 'operations/', 'auth/', 'fhir/', 'observability/', 'services.ts', 'config.ts', 'storage/store.ts', 'conformance/(capability-statement|api-config).ts', 'search/search-engine.ts']),
    onlyIn('http/', 'koa'),
    onlyIn('http/', '@koa/router'),
    onlyIn('auth/', 'jose'),
    onlyIn('storage/mongodb/', 'mongodb'),
    onlyIn('storage/sqlite/', 'better-sqlite3'),
    {
      name: 'browser-safe',
      comment: 'fhir, fhirpath, terminology, validation, conformance and library (but for their readers of files) run in a browser worker',
      severity: 'error',
      from: { path: browserFiles, pathNot: nodeFiles },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'browser-safe-inside',
      severity: 'error',
      from: { path: browserFiles, pathNot: nodeFiles },
      to: { path: nodeFiles, dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'], extensions: ['.ts', '.js'] },
  },
};
