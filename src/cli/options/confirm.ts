import type { Image } from '../../core/image.ts';
import { humanSize } from '../../core/quantity.ts';
import { renderMany } from '../../ui/render.ts';
import { safe } from '../../ui/sanitize.ts';
import { imageView } from '../../ui/views/image.ts';
import type { Loss } from '../../engine/context.ts';
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
export async function confirmLoss(surface: Surface, question: Loss, at: Pick<Account, 'profile' | 'isProtected'>): Promise<void> {
  const { verb, count } = question;
  const what = question.what ?? `${count === 1 ? 'this image' : `these ${count} images`} from ${at.profile}`;
  const details = async (): Promise<string> => {
    const images = await question.images();
    const isForeign = images.some(({ owner }) => owner !== images[0]?.owner);
    const failures = (question.impossible ?? []).map((reason) => `cannot be done: ${safe(reason)}\n`);
    return failures.join('') + (await tableOf(images, isForeign ? columns : columns.filter((name) => name !== 'owner'), surface));
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
