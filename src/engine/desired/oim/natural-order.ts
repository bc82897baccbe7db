/** Orders texts as people do, by the numbers in them: `9` before `10`. */
export function naturalOrder(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.match(/\d+|\D+/g) ?? []);
  for (const [index, part] of (left ?? []).entries()) {
    const other = right?.[index];
    if (other === undefined) return 1;
    const order = orderOf(part, other);
    if (order !== 0) return order;
  }
  return (left?.length ?? 0) - (right?.length ?? 0);
}

function orderOf(a: string, b: string): number {
  const [isNumber, isOther] = [a, b].map((part) => /^\d/.test(part));
  if (isNumber !== isOther) return isNumber ? -1 : 1;
  const [one, other] = isNumber ? [BigInt(a), BigInt(b)] : [a, b];
  return one === other ? 0 : one < other ? -1 : 1;
}
