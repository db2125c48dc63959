import { Type } from '../../../base/schema.ts'
import * as atoms from '../../schemas/atoms.ts'
import { Component } from '../../schemas/ref.ts'

export const Owner = Component(
  'Owner',
  Type.Object({
    id: atoms.id('The id of the user.'),
    username: atoms.username('The name of the user.'),
  }),
  { description: 'Whose record it is.', examples: [{ id: 7, username: 'alice' }] },
)
