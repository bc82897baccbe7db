/** What default policies of Glance reserve, by the action that a refusal names, and what to do instead. */
const reserved: Readonly<Record<string, string>> = {
  publicize_image: 'By default only administrators make images public: ask one, or use --visibility community, or share it.',
  communitize_image: 'This site does not let you make community images: share it with projects, or ask an administrator.',
  copy_image: 'By default only administrators copy an image to another store: ask one, or upload into it with --to STORE.',
  get_tasks_api_access: 'By default only administrators read tasks: ask one why it failed.',
  deactivate: 'By default only administrators deactivate images: ask one.',
  reactivate: 'By default only administrators reactivate images: ask one.',
  set_image_location: 'Locations are set by administrators: upload the data instead.',
  delete_image_location: 'Only administrators remove an image from a store: ask one.',
};

/** What to do about a 403 of a site's policy. Absent: it does not read like one. */
export function policyHint(words: string): string | undefined {
  const action = /not authorized to complete (\w+) action/i.exec(words)?.[1];
  if (action !== undefined)
    return Object.hasOwn(reserved, action) ? reserved[action] : `This site's policy reserves ${action}: ask an administrator.`;
  if (/not permitted to create images owned by/i.test(words))
    return 'Only administrators give images to others: share it instead.';
  return undefined;
}

/** What cannot be said in fewer words is cut. */
const longest = 60;
const shortened = (text: string): string =>
  text.replace(/'([^']*)'/g, (whole, value: string) =>
    value.length > longest ? `'${value.slice(0, 20)}…' (${[...value].length} characters)` : whole,
  );

/**
 * Glance's words on what its schema refuses, without the schema. Oddity: they hold the validator's whole report, with the
 * value twice.
 */
export function withoutSchema(words: string): string {
  const found =
    /^Provided object does not match schema '[^']*': (.*?) Failed validating '(\w+)' in schema(.*?) On instance((?:\[[^\]]*\])*): (.*)$/s.exec(
      words,
    );
  if (!found) return shortened(words);
  const [, said = '', rule, schema = '', path = '', value = ''] = found;
  const field = /\['([^']*)'\]/.exec(path)?.[1];
  const limit = new RegExp(`'${rule ?? ''}': (\\d+)`).exec(schema)?.[1];
  const length = [...value.replace(/^'|'$/g, '')].length;
  if (rule === 'maxLength' && limit !== undefined)
    return `${field ?? 'a value'} is too long: ${length} characters, at most ${limit}`;
  return `${field === undefined ? '' : `${field}: `}${shortened(said)}`;
}
