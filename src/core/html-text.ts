const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', '#x27': "'", '#39': "'", amp: '&', nbsp: ' ' };

const unescaped = (text: string): string =>
  text.replace(/&(#x27|#39|lt|gt|quot|amp|nbsp);/g, (whole, name: string) => entities[name] ?? whole);

const plain = (html: string): string =>
  unescaped(html.replace(/<[^>]*>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();

const longest = 500;
/** Pages that gateways make are short; more of one is not looked at, since the patterns below go through it several times. */
const longestPage = 8192;

/** Whether a body is a page made for a browser. */
export const isHtml = (text: string): boolean => /^\s*<(!doctype|!--|html|head|body|title|center|h1|\?xml)/i.test(text);

/** Whether a page is WebOb's, by which services say in HTML what is wrong with a request: no gateway's. */
export const isServicePage = (page: string): boolean => /<\/h1>[\s\S]*<br \/>\s*<br \/>/i.test(page.slice(0, longestPage));

/**
 * What a page says that a proxy or a gateway has answered with, in one line: its text, else its headline or title without the
 * number of the status; never what stands below its line, which is the name of the program.
 */
export function htmlText(whole: string): string {
  const text = whole.slice(0, longestPage);
  const body = /<body[^>]*>([\s\S]*)/i.exec(text)?.[1] ?? text;
  const said = plain(body.replace(/<hr\b[\s\S]*$/i, ' ').replace(/<(h1|head|title|style|script)\b[\s\S]*?<\/\1>/gi, ' '));
  const headline = /<h1[^>]*>([\s\S]*?)<\/h1>/i.exec(text)?.[1] ?? /<title[^>]*>([\s\S]*?)<\/title>/i.exec(text)?.[1] ?? '';
  return (said || plain(headline).replace(/^\d{3}\b\s*/, '')).slice(0, longest);
}

/** The title of a page, absent if it has none. */
export const htmlTitle = (whole: string): string | undefined => {
  const text = whole.slice(0, longestPage);
  const title = plain(/<title[^>]*>([\s\S]*?)<\/title>/i.exec(text)?.[1] ?? '').slice(0, 80);
  return title === '' ? undefined : title;
};
