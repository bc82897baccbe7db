import { wordWrap } from '../../ui/word-wrap.ts';
import { tlsFields } from '../../core/field.ts';
import { imageFields } from '../../core/image.ts';
import type { Surface } from '../program/context.ts';
import { ownVariables } from '../program/environment.ts';
import { outputFormats } from '../program/settings.ts';
import { driverNamed } from '../../engine/account/driver.ts';

const paragraphs = (...texts: readonly string[]): string => `${texts.map(wordWrap).join('\n\n')}\n`;

/** `help output`: formats, fields and the promise behind them. */
export function outputHelp(): string {
  return paragraphs(
    `Formats (-o): ${outputFormats.join(', ')}. --json is short for -o json. Of several -o the last counts.`,
    'stdout carries the result and nothing else; progress, warnings, questions and errors go to stderr.',
    'json: a list is one array; a verb on one image gives one object, on several an array. jsonl: one object a line, written as pages arrive, whether one or many: use it behind xargs. An empty list is [] and exit 0; a list that breaks off is not closed.\n' +
      'table: on a terminal fitted to its width, ids never cut; in a pipe tab-separated machine values with a header (--no-header drops it).\n' +
      'csv: RFC 4180. markdown: a table for a merge request. id: one id a line.\n' +
      'junit, sarif: what violates rules (policy check, inspect --rules), for what shows the results of tests and of analyses. tf-external: an image, for a data source of Terraform (resolve).',
    `Fields of an image: ${imageFields.join(', ')}; with --raw also raw, the provider's own record.\nA field that the provider did not give is absent. Sizes are bytes, times RFC 3339 in UTC.`,
    'list --group-by name|contentId: one object for each group, {"by","group","images":[…],"same":[…],"behind":[…],"ahead":[…],"missing":[…],"unknown":[…]}.\n' +
      'images are whole, newest first; the others are names of profiles, each in exactly one list: with the same disk (that of the group, or of its newest image), with an older or a newer disk under the same name, with nothing of the name, or with what cannot be compared or asked.',
    '--columns takes these names, and properties.KEY and raw.KEY. The JSON Schema ships with the package: schema/image.schema.json.',
    'With -o json or jsonl an error is one object on stderr: {"error":{"code","message","hint","profile","provider","status","requestId","leftover","exitCode"}}.',
  );
}

/** `help profiles`: where they come from, and how one is made for each provider. */
export async function profilesHelp(surface: Surface): Promise<string> {
  const drivers = await Promise.all(surface.drivers.names.map((name) => driverNamed(name, surface)));
  return paragraphs(
    'The profile of an image is what precedes the first ":" (pcd:ubuntu-24.04), if there is such a profile; else -p, IMGCTL_PROFILE, imgctl profile use, and at last the local store, which needs no profile. -p that counts for no image, beside images of other profiles, is refused.',
    'Where there is no such profile, a publisher that is known by name (imgctl sources) can stand there: ubuntu:noble, or -p ubuntu. With -p for another profile the whole text is the image. It is the same for every verb: one that changes something is refused, also where an image of yours has that whole name; put its own profile in front (local:ubuntu:noble). IMGCTL_PROFILE, imgctl profile use, -A and globs never mean a publisher. PROFILE: alone, in a list, is all of that profile.',
    `Profiles are kept in ${surface.store.path}, readable by you alone.`,
    'A value may be a reference: env:NAME, file:PATH, cmd:COMMAND; write literal:VALUE for a value that only looks like one.',
    `Add one with:\n${drivers.map((driver) => `  imgctl profile add NAME --provider ${driver.name} ${driver.example}`).join('\n')}`,
    "-p env:PROVIDER takes everything from the provider's usual variables and files; imgctl profile import keeps them.",
    `Every provider that is reached over the network also has the fields ${Object.keys(tlsFields).join(', ')}.`,
    'IMGCTL_PROFILE_<NAME>_PROVIDER and IMGCTL_PROFILE_<NAME>_<FIELD> define a profile, or override a field, without any file.',
  );
}

/** `help environment`: imgctl's own variables, and those of the providers. */
export async function environmentHelp(surface: Surface): Promise<string> {
  const drivers = await Promise.all(surface.drivers.names.map((name) => driverNamed(name, surface)));
  const own = ownVariables.map(([name, meaning]) => `  ${name}\n      ${meaning}`).join('\n');
  const theirs = drivers.flatMap((driver) => {
    const fields = Object.entries(driver.profile).filter(([, field]) => field.env && field.env.length > 0);
    const more = Object.entries(driver.setup.variables ?? {});
    return [
      ...more.map(([names, meaning]) => `  ${names}\n      ${meaning} (env:${driver.name})`),
      ...fields.map(([name, field]) => `  ${(field.env ?? []).join(', ')}\n      ${name} of env:${driver.name}`),
    ];
  });
  return paragraphs(`Environment:\n${own}`, `Variables of the providers' own tools, for -p env:PROVIDER:\n${theirs.join('\n')}`);
}
