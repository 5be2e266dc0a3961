/** The part of @lhncbc/ucum-lhc that is used here; the package brings no types. */
declare module '@lhncbc/ucum-lhc' {
  export interface BaseUnits {
    readonly status: 'succeeded' | 'invalid' | 'failed' | 'error';
    readonly magnitude: number | null;
    readonly unitToExp: Readonly<Record<string, number>> | null;
    readonly fromUnitIsSpecial: boolean;
  }
  export interface UcumUtils {
    validateUnitString(
      text: string,
      suggest: boolean,
    ): { readonly status: 'valid' | 'invalid' | 'error'; readonly ucumCode: string | null };
    convertToBaseUnits(fromUnit: string, fromValue: number): BaseUnits;
  }
  export const UcumLhcUtils: { getInstance(): UcumUtils };
}
