declare module '*/.dependency-cruiser.cjs' {
  import type { ICruiseOptions, IForbiddenRuleType } from 'dependency-cruiser';

  const rules: { readonly forbidden: IForbiddenRuleType[]; readonly options: ICruiseOptions };
  // biome-ignore lint/style/noDefaultExport: the tool wants a CommonJS module
  export default rules;
}
