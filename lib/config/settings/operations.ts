// Settings of metrics and of values kept outside of the file.

import { int, list, long, string } from '../setting.ts'

export const operationsSettings = [
  list('config.providers', '').low().clusterWide()
    .doc('Names of providers from which other settings take their values.'),
  list('metric.reporters', 'org.apache.kafka.common.metrics.JmxReporter').low().clusterWide()
    .moot('it names Java classes')
    .doc('Classes that metrics are handed to.'),
  int('metrics.num.samples', 2).atLeast(1).low()
    .doc('Samples that a metric is computed from.'),
  string('metrics.recording.level', 'INFO').low()
    .doc('How much is measured: INFO, DEBUG or TRACE.'),
  long('metrics.sample.window.ms', 30_000).atLeast(1).low()
    .doc('Length of one sample of a metric.'),
  list('kafka.metrics.reporters', '').low()
    .moot('it names Java classes')
    .doc('Classes that the older metrics are handed to.'),
  int('kafka.metrics.polling.interval.secs', 10).atLeast(1).low()
    .moot('it belongs to Java classes')
    .doc('How often those classes are called.'),
] as const
