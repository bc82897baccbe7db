import { Document, isScalar, parse, visit, YAMLParseError, type Scalar } from 'yaml';
import { configError } from '../core/errors.ts';

/** What a plain YAML tool of any age reads the same: YAML 1.1 would take `yes`, `12:30` or a date for something else. */
const version = '1.1';

/**
 * The value of a YAML text as YAML 1.1 tools read it (`yes` is true, `<<` merges), but dates stay text.
 * Throws CONFIG with the path and the line when it is not YAML; never quotes the text, which may hold secrets.
 */
export function parseYaml(text: string, path: string): unknown {
  try {
    return parse(text, { version, prettyErrors: true, customTags: (tags) => tags.filter((tag) => !isTimestamp(tag)) });
  } catch (error) {
    const line = error instanceof YAMLParseError ? error.linePos?.[0].line : undefined;
    throw configError(`${path} is not readable as YAML${line === undefined ? '' : ` (line ${line})`}`, {
      hint: 'mend it by hand, or move it away',
    });
  }
}

const isTimestamp = (tag: unknown): boolean =>
  tag === 'timestamp' || (typeof tag === 'object' && tag !== null && 'tag' in tag && tag.tag === 'tag:yaml.org,2002:timestamp');

/**
 * A value as YAML that YAML 1.1 and 1.2 tools read alike. Lines are not folded. Texts that `mustQuote` picks are
 * written between double quotes on one line, so that their signs can be escaped afterwards.
 */
export function toYaml(value: unknown, mustQuote: (text: string) => boolean = () => false): string {
  const document = new Document(value, { version, aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, node: Scalar) {
      if (isScalar(node) && typeof node.value === 'string' && mustQuote(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 0, directives: false });
}
