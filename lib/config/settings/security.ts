// Settings of TLS, authorization and delegation tokens.

import { boolean, className, list, long, password, string } from '../setting.ts'

export const securitySettings = [
  string('ssl.protocol', 'TLSv1.3').perBroker()
    .doc('TLS version that is preferred.'),
  list('ssl.enabled.protocols', 'TLSv1.2,TLSv1.3').perBroker()
    .doc('TLS versions that are allowed.'),
  list('ssl.cipher.suites', '').perBroker()
    .doc('Cipher suites that are allowed; empty: as the library has them.'),
  string('ssl.client.auth', 'none').oneOf('required', 'requested', 'none').perBroker()
    .doc('Whether clients must present a certificate.'),
  string('ssl.endpoint.identification.algorithm', 'https').low().perBroker()
    .doc("How the host name in a server's certificate is checked; empty: not at all."),
  string('ssl.keystore.type', 'JKS').perBroker()
    .doc('Form of the key store: JKS, PKCS12 or PEM.'),
  string('ssl.keystore.location', null).perBroker()
    .doc("File with this node's key and certificate."),
  password('ssl.keystore.password').perBroker()
    .doc('Password of that file.'),
  password('ssl.key.password').perBroker()
    .doc('Password of the key in it.'),
  password('ssl.keystore.key').perBroker()
    .doc("This node's key itself, in PEM form."),
  password('ssl.keystore.certificate.chain').perBroker()
    .doc("This node's certificates themselves, in PEM form."),
  string('ssl.truststore.type', 'JKS').perBroker()
    .doc('Form of the trust store: JKS, PKCS12 or PEM.'),
  string('ssl.truststore.location', null).perBroker()
    .doc('File with the certificates that are trusted.'),
  password('ssl.truststore.password').perBroker()
    .doc('Password of that file.'),
  password('ssl.truststore.certificates').perBroker()
    .doc('The trusted certificates themselves, in PEM form.'),
  string('ssl.principal.mapping.rules', 'DEFAULT').low()
    .doc('Rules that turn the name in a certificate into a principal.'),
  boolean('ssl.allow.dn.changes', false).low()
    .doc('Let a renewed certificate carry another name.'),
  boolean('ssl.allow.san.changes', false).low()
    .doc('Let a renewed certificate carry other alternative names.'),
  className('ssl.engine.factory.class', null).low().perBroker()
    .moot('it names a Java class')
    .doc('Class that makes TLS engines.'),
  string('ssl.provider', null).perBroker()
    .moot('it configures the Java machine')
    .doc('Security provider of the Java machine.'),
  string('ssl.keymanager.algorithm', 'SunX509').perBroker()
    .moot('it configures the Java machine')
    .doc('Key manager of the Java machine.'),
  string('ssl.trustmanager.algorithm', 'PKIX').perBroker()
    .moot('it configures the Java machine')
    .doc('Trust manager of the Java machine.'),
  string('ssl.secure.random.implementation', null).low().perBroker()
    .moot('it configures the Java machine')
    .doc('Random generator of the Java machine.'),
  string('security.providers', null).low()
    .moot('it configures the Java machine')
    .doc('Security providers of the Java machine.'),
  string('authorizer.class.name', '').low()
    .doc('Authorizer of requests; empty: everyone may do everything.'),
  className(
    'principal.builder.class',
    'org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder',
  ).perBroker()
    .doc('Class that says who a connection is.'),
  password('delegation.token.secret.key')
    .doc('Secret that signs delegation tokens, the same on all nodes.'),
  long('delegation.token.expiry.time.ms', 86_400_000).atLeast(1)
    .doc('How long a delegation token is good before it must be renewed.'),
  long('delegation.token.max.lifetime.ms', 604_800_000).atLeast(1)
    .doc('How long a delegation token can be renewed.'),
  long('delegation.token.expiry.check.interval.ms', 3_600_000).atLeast(1).low()
    .doc('How often expired delegation tokens are removed.'),
] as const
