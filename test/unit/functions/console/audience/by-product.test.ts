import { expect, it } from 'vitest';
import { toldApart } from '#functions/console/audience/by-product.ts';

const monthly = { id: '7080b09e-8d90', name: 'Studio', price: '$19.00 a month' };
const yearly = { id: '387ac0f1-1133', name: 'Studio', price: '$190.00 a year' };
const twin = { id: '923f1468-d3fc', name: 'Studio', price: '$19.00 a month' };
const unpriced = { id: 'dc3575d8-746e', name: 'Studio', price: '' };
const other = { id: '08da7f0d-d8a9', name: 'Atelier', price: '€29.00 a month' };

it.each([
  ['by their names', [monthly, other], ['Studio', 'Atelier']],
  [
    'by their prices where names are the same',
    [monthly, yearly, other],
    ['Studio · $19.00 a month', 'Studio · $190.00 a year', 'Atelier'],
  ],
  [
    'by the ends of their ids where prices are the same, too',
    [monthly, twin],
    ['Studio · $19.00 a month · id …8d90', 'Studio · $19.00 a month · id …d3fc'],
  ],
  [
    'by a price where only one is known',
    [monthly, unpriced],
    ['Studio · $19.00 a month', 'Studio'],
  ],
])('products are told apart %s', (_, products, names) => {
  expect(toldApart(products).map(({ name }) => name)).toEqual(names);
});
