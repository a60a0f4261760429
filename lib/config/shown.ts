// The text of a value as DescribeConfigs shows it: what Kafka makes of it after having read it.

import { ApiError } from '../../protocol/errors.ts'
import { type ConfigType, readValue } from '../../storage/config-values.ts'
import type { SettingType } from './setting.ts'

/** A text that is no value of the type is shown as it stands. */
export function shownValue(type: SettingType, text: string): string {
  switch (type) {
    case 'short':
    case 'int':
    case 'long': return /^\s*[+-]?\d+\s*$/.test(text) ? String(BigInt(plain(text))) : text
    case 'string':
    case 'class': return text.trim()
    case 'password': return text
    default: return read(type, text)
  }
}

function plain(text: string): string {
  return text.trim().replace(/^\+/, '')
}

function read(type: ConfigType, text: string): string {
  try {
    const value = readValue('', type, text)
    return type === 'double' ? doubleText(Number(value)) : String(value)
  } catch (error) {
    if (error instanceof ApiError) return text
    throw error
  }
}

/** As Double.toString writes it: always with a point, and with an exponent from ten million on. */
function doubleText(value: number): string {
  const size = Math.abs(value)
  const isPlain = value === 0 || (size >= 1e-3 && size < 1e7)
  const [digits = '', exponent] = (isPlain ? String(value) : value.toExponential()).split('e')
  const pointed = digits.includes('.') ? digits : `${digits}.0`
  return exponent === undefined ? pointed : `${pointed}E${exponent.replace('+', '')}`
}
