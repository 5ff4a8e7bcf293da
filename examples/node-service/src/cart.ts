export interface Line {
  name: string;
  price: number;
  count: number;
}

/** The price of a cart in whole cents. */
export function total(lines: Line[]): number {
  return lines.reduce((sum, line) => sum + line.price * line.count, 0);
}
