// @ts-check
/** The model catalogue of one file in a shorter form: each list of keys and each value stands there once. */

/**
 * @typedef {{ models: Record<string, Record<string, unknown>>, [field: string]: unknown }} Provider
 * @typedef {{ shapes: string[][], values: unknown[], providers: Record<string, { models: [string, number, ...number[]][], [field: string]: unknown }> }} Packed
 * Of each model its id, the number of its list of keys, and the number of each value.
 */

/**
 * @param {Record<string, Provider>} catalogue
 * @returns {Packed}
 */
export function packCatalogue(catalogue) {
  const [shapes, values] = [new Numbers(), new Numbers()];
  /** @type {Packed["providers"]} */
  const providers = {};
  for (const [id, provider] of Object.entries(catalogue)) {
    const models = Object.entries(provider.models).map(([key, model]) => {
      /** @type {[string, number, ...number[]]} */
      const row = [key, shapes.of(Object.keys(model)), ...Object.values(model).map((value) => values.of(value))];
      return row;
    });
    providers[id] = { ...provider, models };
  }
  return { shapes: /** @type {string[][]} */ (shapes.all), values: values.all, providers };
}

/** Numbers what is alike alike. */
class Numbers {
  /** @type {unknown[]} */
  all = [];
  /** @type {Map<string, number>} */
  #known = new Map();

  /** @param {unknown} value */
  of(value) {
    const text = JSON.stringify(value);
    const number = this.#known.get(text) ?? this.all.push(value) - 1;
    this.#known.set(text, number);
    return number;
  }
}

/**
 * The reverse. Its text goes into the built files, so it stands by itself.
 * @param {Packed} packed
 */
export function unpackCatalogue({ shapes, values, providers }) {
  const unpack = (/** @type {[string, number, ...number[]]} */ [id, shape, ...row]) => [
    id,
    Object.fromEntries(row.map((number, index) => [shapes[shape]?.[index], values[number]])),
  ];
  return Object.fromEntries(
    Object.entries(providers).map(([id, provider]) => [
      id,
      { ...provider, models: Object.fromEntries(provider.models.map(unpack)) },
    ]),
  );
}
