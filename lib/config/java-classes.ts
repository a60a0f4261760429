// Classes of Kafka that settings name. Others there are none of: nothing is loaded by name here.

import { badValue } from '../../storage/config-values.ts'

const JMX_REPORTER = 'org.apache.kafka.common.metrics.JmxReporter'

const CLASSES: Readonly<Record<string, readonly string[]>> = {
  'principal.builder.class': [
    'org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder',
  ],
  'ssl.engine.factory.class': [
    'org.apache.kafka.common.security.ssl.CommonNameLoggingSslEngineFactory',
    'org.apache.kafka.common.security.ssl.DefaultSslEngineFactory',
  ],
}

/** Throws INVALID_CONFIG for a class that there is none of. */
export function checkClass(name: string, text: string): void {
  const className = text.trim()
  if (CLASSES[name]?.includes(className) !== false) return
  throw badValue(name, text, `Class ${className} could not be found.`)
}

/** Of `metric.reporters`. */
export function isReporter(className: string): boolean {
  return className === JMX_REPORTER
}

const PROVIDERS: readonly string[] = ['Directory', 'EnvVar', 'File']
  .map((kind) => `org.apache.kafka.common.config.provider.${kind}ConfigProvider`)

/** Of `config.providers.NAME.class`. */
export function isConfigProvider(className: string): boolean {
  return PROVIDERS.includes(className)
}
