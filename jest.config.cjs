/** Jest runs the TypeScript sources directly; `npm test` type-checks them first. */
const toCommonJs = (syntax) => ['@swc/jest', {
  jsc: { target: 'es2022', parser: { syntax } }, module: { type: 'commonjs' },
}]

module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests'],
  testMatch: ['**/*.test.ts'],
  transform: { '^.+\\.ts$': toCommonJs('typescript'), '^.+\\.js$': toCommonJs('ecmascript') },
  // What is CommonJS already stays as it is; this package is an ES module alone.
  transformIgnorePatterns: ['/node_modules/(?!@platformatic/)'],
  testTimeout: 20_000,
}
