// Tests of the front end that need no browser: tests/src mirrors src.

// These packages ship ES modules only, so they are translated although they lie in node_modules.
const esModules = [
  '@jupyter/',
  '@jupyterlab/',
  '@lumino/',
  '@microsoft/',
  '@codemirror',
  'lib0',
  'yjs',
  'y-protocols',
  'nanoid',
  'vscode-ws-jsonrpc',
  'exenv-es6',
  'd3',
  'delaunator',
  'internmap',
  'robust-predicates'
].join('|');

module.exports = {
  roots: ['<rootDir>/src', '<rootDir>/tests/src'],
  testEnvironment: '<rootDir>/tests/jest/environment.js',
  testMatch: ['<rootDir>/tests/src/**/*.spec.{ts,tsx}'],
  moduleFileExtensions: ['ts', 'tsx', 'js', 'jsx', 'json'],
  moduleNameMapper: {
    '\\.css$': '<rootDir>/tests/jest/style.js',
    '\\.svg$': '<rootDir>/tests/jest/svg.js'
  },
  transform: {
    '\\.[jt]sx?$': [
      'ts-jest',
      {
        // Types are checked once, by tsc; here they are only taken away.
        diagnostics: false,
        tsconfig: {
          allowJs: true,
          esModuleInterop: true,
          isolatedModules: true,
          jsx: 'react',
          module: 'commonjs',
          target: 'ES2021'
        }
      }
    ]
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules}))`]
};
