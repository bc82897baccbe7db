import { parseRules } from '../../../src/engine/rules/parse-rules.ts';
import type { RuleSet } from '../../../src/engine/rules/rule.ts';
import { parseWritten } from '../../../src/host/yaml.ts';
import { image } from '../../ui/samples.ts';

/** The rules of a text. */
export const rulesIn = (text: string): RuleSet =>
  parseRules(parseWritten(text, 'r.yaml'), { source: 'r.yaml', isShipped: false });

/** A file with one rule that wants this. */
export const ruleOf = (require: object, when?: object): RuleSet =>
  rulesIn(JSON.stringify({ version: 1, rules: [{ id: 'one', ...(when ? { when } : {}), require }] }));

export const now = Date.parse('2026-11-29T12:00:00Z');
export { image };
