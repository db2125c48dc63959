import { Type } from '../../../base/schema.ts'
import * as fields from '../../../base/fields.ts'
import { Component } from '../../schemas/ref.ts'

export const Owner = Component(
  'Owner',
  Type.Object({
    id: fields.id('The id of the user.'),
    username: fields.username('The name of the user.'),
  }),
  { description: 'Whose record it is.', examples: [{ id: 7, username: 'alice' }] },
)
