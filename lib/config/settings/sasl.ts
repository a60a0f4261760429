// Settings of SASL, on the listeners and among brokers.

import { boolean, className, double, int, list, long, password, short, string } from '../setting.ts'

export const saslSettings = [
  list('sasl.enabled.mechanisms', 'GSSAPI').perBroker()
    .doc('Mechanisms that clients may use.'),
  string('sasl.mechanism.inter.broker.protocol', 'GSSAPI').perBroker()
    .doc('Mechanism that brokers use among themselves.'),
  string('sasl.mechanism.controller.protocol', 'GSSAPI').high()
    .doc('Mechanism that brokers use with controllers.'),
  password('sasl.jaas.config').perBroker()
    .doc('Login module of a mechanism with its options, in JAAS form.'),
  int('sasl.server.max.receive.size', 524_288)
    .doc('Largest request before a connection is authenticated.'),
  className('sasl.server.callback.handler.class', null)
    .doc('Class that checks what clients present.'),
  className('sasl.client.callback.handler.class', null)
    .doc('Class that provides what this node presents to others.'),
  className('sasl.login.class', null)
    .doc('Class that logs this node in.'),
  className('sasl.login.callback.handler.class', null)
    .doc('Class that answers questions of the login.'),
  int('sasl.login.connect.timeout.ms', null).low()
    .doc('How long connecting to the authentication provider may take.'),
  int('sasl.login.read.timeout.ms', null).low()
    .doc('How long an answer of the authentication provider may take.'),
  long('sasl.login.retry.backoff.ms', 100).low()
    .doc('First pause before a login is tried again.'),
  long('sasl.login.retry.backoff.max.ms', 10_000).low()
    .doc('Longest pause before a login is tried again.'),
  short('sasl.login.refresh.buffer.seconds', 300).perBroker()
    .doc('Time before expiry by which a credential must be renewed.'),
  short('sasl.login.refresh.min.period.seconds', 60).perBroker()
    .doc('Shortest time between two renewals of a credential.'),
  double('sasl.login.refresh.window.factor', 0.8).perBroker()
    .doc("Part of a credential's life after which it is renewed."),
  double('sasl.login.refresh.window.jitter', 0.05).perBroker()
    .doc('Most that is added to that part at random.'),
  string('sasl.kerberos.service.name', null).perBroker()
    .doc('Kerberos principal that the brokers run as.'),
  string('sasl.kerberos.kinit.cmd', '/usr/bin/kinit').perBroker()
    .doc('Path of kinit.'),
  long('sasl.kerberos.min.time.before.relogin', 60_000).perBroker()
    .doc('Shortest time between two Kerberos logins.'),
  list('sasl.kerberos.principal.to.local.rules', 'DEFAULT').perBroker()
    .doc('Rules that turn a Kerberos principal into a short name.'),
  double('sasl.kerberos.ticket.renew.jitter', 0.05).perBroker()
    .doc('Most that is added at random to the time of renewal.'),
  double('sasl.kerberos.ticket.renew.window.factor', 0.8).perBroker()
    .doc("Part of a ticket's life after which it is renewed."),
  string('sasl.oauthbearer.token.endpoint.url', null)
    .doc('Where tokens are asked for.'),
  string('sasl.oauthbearer.scope', null)
    .doc('Scope that is asked for with a token.'),
  string('sasl.oauthbearer.client.credentials.client.id', null)
    .doc('Client id with which a token is asked for.'),
  password('sasl.oauthbearer.client.credentials.client.secret')
    .doc('Secret of that client id.'),
  className(
    'sasl.oauthbearer.jwt.retriever.class',
    'org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever',
  )
    .doc('Class that fetches tokens.'),
  className(
    'sasl.oauthbearer.jwt.validator.class',
    'org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator',
  )
    .doc('Class that checks tokens.'),
  string('sasl.oauthbearer.jwks.endpoint.url', null)
    .doc('Where the keys that sign tokens are published.'),
  long('sasl.oauthbearer.jwks.endpoint.refresh.ms', 3_600_000).low()
    .doc('How often those keys are fetched again.'),
  long('sasl.oauthbearer.jwks.endpoint.retry.backoff.ms', 100).low()
    .doc('First pause before fetching keys is tried again.'),
  long('sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms', 10_000).low()
    .doc('Longest pause before fetching keys is tried again.'),
  int('sasl.oauthbearer.clock.skew.seconds', 30).low()
    .doc("How far the clock of the token's issuer may be off."),
  list('sasl.oauthbearer.expected.audience', '').high()
    .doc('Audiences of which a token must name one.'),
  string('sasl.oauthbearer.expected.issuer', null).high()
    .doc('Issuer that a token must name.'),
  string('sasl.oauthbearer.scope.claim.name', 'scope').low()
    .doc('Claim of a token that holds its scope.'),
  string('sasl.oauthbearer.sub.claim.name', 'sub').low()
    .doc('Claim of a token that holds its subject.'),
  boolean('sasl.oauthbearer.allow.unverified.audience', false)
    .doc('Accept tokens though no audience is expected.'),
  boolean('sasl.oauthbearer.allow.unverified.issuer', false)
    .doc('Accept tokens though no issuer is expected.'),
  string('sasl.oauthbearer.assertion.algorithm', 'RS256').oneOf('ES256', 'RS256').anyCase()
    .doc('Algorithm that signs an assertion.'),
  string('sasl.oauthbearer.assertion.claim.aud', null)
    .doc('Audience of an assertion.'),
  string('sasl.oauthbearer.assertion.claim.iss', null)
    .doc('Issuer of an assertion.'),
  string('sasl.oauthbearer.assertion.claim.sub', null)
    .doc('Subject of an assertion.'),
  int('sasl.oauthbearer.assertion.claim.exp.seconds', 300).between(0, 86_400).low()
    .doc('How long an assertion is good for.'),
  int('sasl.oauthbearer.assertion.claim.nbf.seconds', 60).between(0, 3600).low()
    .doc('How long before now an assertion becomes good.'),
  boolean('sasl.oauthbearer.assertion.claim.jti.include', false)
    .doc('Give each assertion an id of its own.'),
  string('sasl.oauthbearer.assertion.file', null)
    .doc('File with a finished assertion.'),
  string('sasl.oauthbearer.assertion.template.file', null)
    .doc('File with headers and claims that assertions start from.'),
  string('sasl.oauthbearer.assertion.private.key.file', null)
    .doc('Key that signs assertions, in PEM form.'),
  password('sasl.oauthbearer.assertion.private.key.passphrase')
    .doc('Passphrase of that key.'),
] as const
