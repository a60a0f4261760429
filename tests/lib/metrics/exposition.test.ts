// Families as text: of those with many subjects the labels are made into text once, and others have
// their turn in between.

import { expect, test } from '@jest/globals'
import { Exposition } from '../../../lib/metrics/exposition.ts'
import {
  type Family, gauge, gauges, PAUSE, type Subject, sums,
} from '../../../lib/metrics/family.ts'

interface Thing extends Subject {
  value: number | undefined
}

function thing(name: string, value: number | undefined): Thing {
  return { labels: { name }, labelText: '', value }
}

/** A clock on which every look at the time takes a quarter of a millisecond. */
function busyClock() {
  let nowMs = 0
  const clock = {
    turns: 0,
    monotonicMs: () => (nowMs += 0.25),
    afterTurn(fn: () => void) {
      clock.turns++
      setImmediate(fn)
    },
  }
  return clock
}

async function textOf(exposition: Exposition): Promise<string> {
  return Buffer.concat(await exposition.parts()).toString()
}

function familyOf(name: string, subjects: () => Iterable<Thing | typeof PAUSE>): Family {
  return {
    ...gauges(name, `The ${name}`, ['name'], () => [[7, { name: 'first' }]]),
    each: { subjects, read: (subject: Subject) => (subject as Thing).value },
  }
}

test('the lines of many subjects stand behind the samples, escaped as labels are', async () => {
  const things = [thing('a', 1), thing('a "quoted"\\\nb', 2.5), thing('gone', undefined)]
  const exposition = await Exposition.of(
    [familyOf('one', () => things), familyOf('other', () => things)], busyClock())
  const lines = (name: string): string[] => [
    `# HELP ${name} The ${name}`, `# TYPE ${name} gauge`, `${name}{name="first"} 7`,
    `${name}{name="a"} 1`, `${name}{name="a \\"quoted\\"\\\\\\nb"} 2.5`,
  ]
  expect(await textOf(exposition)).toBe([...lines('one'), ...lines('other'), ''].join('\n'))
  things[0]!.value = -3
  things[2]!.value = 0
  const again = await textOf(exposition)
  expect(again).toContain('one{name="a"} -3\n')
  expect(again).toContain('other{name="gone"} 0\n')
})

test('subjects that several families tell of are looked for once', async () => {
  let asked = 0
  const subjects = function* () {
    asked++
    for (let i = 0; i < 600; i++) yield thing(`n${i}`, i)
  }
  const exposition = await Exposition.of(
    [familyOf('one', subjects), familyOf('other', subjects)], busyClock())
  const text = await textOf(exposition)
  expect(asked).toBe(1)
  for (const name of ['one', 'other']) {
    expect([...text.matchAll(new RegExp(`^${name}\\{name="n(\\d+)"\\} \\1$`, 'gm'))])
      .toHaveLength(600)
  }
})

test('others have their turn while subjects are looked for and told', async () => {
  const subjects = function* () {
    for (let i = 0; i < 1000; i++) yield i % 2 === 0 ? PAUSE : thing(`n${i}`, i)
  }
  const clock = busyClock()
  const exposition = await Exposition.of([familyOf('one', subjects)], clock)
  await textOf(exposition)
  // 2 ms are over at every eighth look at the clock.
  expect(clock.turns).toBeGreaterThan(100)
})

test('numbers about the same things are added up in one walk', async () => {
  let walks = 0
  const items = function* () {
    walks++
    for (let i = 1; i <= 250; i++) yield i
  }
  const exposition = await Exposition.of([
    ...sums(items, [
      { name: 'total', help: 'Of all', of: (i) => i },
      { name: 'even', help: 'How many', of: (i) => (i % 2 === 0 ? 1 : 0) },
    ]),
    gauge('after', 'Something else', () => 1),
  ], busyClock())
  for (const asked of [1, 2]) {
    const text = await textOf(exposition)
    expect(text).toContain('\ntotal 31375\n')
    expect(text).toContain('\neven 125\n')
    expect(walks).toBe(asked)
  }
})
