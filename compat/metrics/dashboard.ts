// The queries of a dashboard of Grafana, as its user would have them run.

import { readFileSync } from 'node:fs'

interface Panel {
  readonly title: string
  readonly type: string
  readonly targets?: readonly { readonly expr: string }[]
  readonly panels?: readonly Panel[]
}

export interface PanelQuery {
  readonly panel: string
  readonly expression: string
}

/** What Grafana puts in for its variables: all that there is, and a minute for rates. */
const VARIABLES: Readonly<Record<string, string>> = {
  $__rate_interval: '1m', $instance: '.*', $topic: '.*', $group: '.*',
}

/** Of each panel, rows that are folded included. Throws for a panel without one. */
export function queriesOf(file: string): PanelQuery[] {
  const { panels } = JSON.parse(readFileSync(file, 'utf8')) as { readonly panels: Panel[] }
  return panels.flatMap(queriesIn)
}

function queriesIn({ title, type, targets = [], panels = [] }: Panel): PanelQuery[] {
  if (type === 'row') return panels.flatMap(queriesIn)
  if (targets.length === 0) throw new Error(`the panel ${title} asks for nothing`)
  return targets.map(({ expr }) => {
    const expression = expr.replace(/\$\w+/g, (name) => VARIABLES[name] ?? name)
    if (expression.includes('$')) throw new Error(`${title}: no such variable: ${expression}`)
    return { panel: title, expression }
  })
}
