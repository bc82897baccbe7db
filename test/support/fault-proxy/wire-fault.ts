/**
 * What can go wrong with one request. `lost`: the service does the work, and its answer goes wrong; otherwise it never
 * hears of it. `at` is where in the body something happens, 0 to 1.
 */
export type WireFault =
  | { readonly kind: 'refuse' }
  | { readonly kind: 'reset' | 'close' | 'stall'; readonly lost: boolean }
  | { readonly kind: 'reset while sending' | 'refuse while sending' | 'stall while sending'; readonly at: number }
  | { readonly kind: 'cut' | 'reset inside' | 'stall inside' | 'flip'; readonly at: number }
  | { readonly kind: 'short length' | 'long length' | 'slow' | 'doubled' }
  | { readonly kind: 'status'; readonly status: number; readonly lost: boolean; readonly retryAfter?: string }
  | {
      readonly kind: 'html' | 'garbage' | 'huge headers' | 'endless' | 'loop' | 'empty' | 'other json' | 'half json';
      readonly lost: boolean;
    }
  | { readonly kind: 'redirect'; readonly to: string; readonly status: number }
  /** The answer with its body changed, and well-formed. */
  | { readonly kind: 'tampered'; change(body: string): string | Buffer };

/** Whether the service behind hears of the request, and if not, whether its body is read first. */
export function whereOf(fault: WireFault): 'while sending' | 'instead' | 'behind' {
  if (fault.kind.endsWith('while sending')) return 'while sending';
  if ('lost' in fault) return fault.lost ? 'behind' : 'instead';
  return fault.kind === 'redirect' || fault.kind === 'refuse' ? 'instead' : 'behind';
}

/** A fault in words, for messages. */
export function faultName(fault: WireFault): string {
  const parts = [
    fault.kind === 'status' ? `HTTP ${fault.status}` : fault.kind,
    'retryAfter' in fault ? `Retry-After ${fault.retryAfter ?? ''}` : '',
    'at' in fault ? `at ${fault.at}` : '',
    'lost' in fault && fault.lost ? '(after the work)' : '',
  ];
  return parts.filter((part) => part !== '').join(' ');
}
