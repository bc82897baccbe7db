import type { Image } from '../../core/image.ts';
import { humanSize } from '../../core/quantity.ts';
import { mayBeUsed, usesText } from '../../core/uses.ts';
import { renderMany } from '../../ui/render.ts';
import { safe } from '../../ui/sanitize.ts';
import { imageView } from '../../ui/views/image.ts';
import type { Loss } from '../../engine/context.ts';
import { usesOf } from '../../engine/images/uses.ts';
import type { Surface } from '../program/context.ts';
import { pluralize } from '../batch/pluralize.ts';
import type { Account } from '../../engine/account/account.ts';

/** Images that are shown one by one before they go. */
const mostShown = 50;
const columns = ['id', 'name', 'status', 'owner', 'sizeBytes', 'createdAt'];

/**
 * Asks before something is lost; in a protected profile its name must be typed, and `--yes` is no answer. A dry run
 * is refused where that could not be, and says so where it can. Whoever answers has seen
 * what goes: each image with its id, name, status, size and age.
 */
export async function confirmLoss(
  surface: Surface,
  question: Loss,
  at: Pick<Account, 'profile' | 'isProtected' | 'maybe'>,
): Promise<void> {
  const { verb, count } = question;
  const what = question.what ?? `${count === 1 ? 'this image' : `these ${count} images`} from ${at.profile}`;
  const details = async (): Promise<string> => {
    const images = await question.images();
    const isForeign = images.some(({ owner }) => owner !== images[0]?.owner);
    const failures = (question.impossible ?? []).map((reason) => `cannot be done: ${safe(reason)}\n`);
    const shown = isForeign ? columns : columns.filter((name) => name !== 'owner');
    const uses = question.missedByUsers ? await usesLines(images, at, surface) : '';
    return failures.join('') + (await tableOf(images, shown, surface)) + uses;
  };
  await surface.confirm(`${verb} ${what}?`, at.isProtected ? at.profile : undefined, details);
  if (surface.settings.dryRun && at.isProtected)
    surface.warn(`profile ${at.profile} is protected: its name will have to be typed`);
}

/** The images as a table for stderr: the first of them, and how many more there are, with the size of all. */
async function tableOf(images: readonly Image[], shown: readonly string[], { io }: Surface): Promise<string> {
  const lines: string[] = [];
  const stdout = { write: async (text: string) => void lines.push(text) };
  const drawn = { ...io, stdout, stdoutIsTerminal: true, columns: io.stderrColumns, color: io.errorColor };
  await renderMany(imageView, images.slice(0, mostShown), { format: 'table', columns: shown, header: true, raw: false }, drawn);
  if (images.length <= mostShown) return lines.join('');
  const bytes = images.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0);
  return `${lines.join('')}and ${pluralize(images.length - mostShown, 'more image')}, ${humanSize(bytes)} in all\n`;
}

/** A line for each image that is used, or may be; for a single one always, where its provider can be asked. */
async function usesLines(images: readonly Image[], at: Pick<Account, 'maybe'>, surface: Surface): Promise<string> {
  const asked = images.slice(0, mostShown);
  const found = await usesOf(at, asked, surface.call());
  if (!found) return '';
  const lines = found.flatMap((one, index) => {
    const { name = '', id = '' } = asked[index] ?? {};
    if (images.length === 1) return [usesText(one)];
    return mayBeUsed(one) ? [`${name === '' ? id : name}: ${usesText(one)}`] : [];
  });
  const further = images.length - asked.length;
  if (further > 0) lines.push(`what uses the other ${pluralize(further, 'image')} was not checked`);
  return lines.map((line) => `${safe(line)}\n`).join('');
}
