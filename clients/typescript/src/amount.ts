/**
 * Amounts of credits. The API writes them as decimal text; a number of JavaScript is a float and never holds one.
 */

const DECIMAL = /^(-?)(\d{1,15})(?:\.(\d{1,3}))?$/;

/** An exact amount: an integer of thousandths, negative where credits left. */
export class Amount {
  readonly thousandths: bigint;

  private constructor(thousandths: bigint) {
    this.thousandths = thousandths;
  }

  /** An amount of so many thousandths. */
  static ofThousandths(thousandths: bigint): Amount {
    return new Amount(thousandths);
  }

  /** Reads decimal text of up to three places, such as `120.5`; throws a `RangeError` on anything else. */
  static parse(text: string): Amount {
    const match = DECIMAL.exec(text);
    if (match === null) {
      throw new RangeError(`an amount is decimal text of up to three places, not ${JSON.stringify(text)}`);
    }
    const [, sign = "", whole = "", places = ""] = match;
    const thousandths = BigInt(whole + places.padEnd(3, "0"));
    return new Amount(sign === "-" ? -thousandths : thousandths);
  }

  /** The sum of two amounts. */
  plus(other: Amount): Amount {
    return new Amount(this.thousandths + other.thousandths);
  }

  /** The text as the API writes it. */
  toString(): string {
    const isNegative = this.thousandths < 0n;
    const size = isNegative ? -this.thousandths : this.thousandths;
    const places = (size % 1000n).toString().padStart(3, "0").replace(/0+$/, "");
    return `${isNegative ? "-" : ""}${size / 1000n}${places === "" ? "" : `.${places}`}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** The text of an amount that is given as text or as an `Amount`, once it is known to be one. */
export function amountText(amount: string | Amount): string {
  return (typeof amount === "string" ? Amount.parse(amount) : amount).toString();
}
