import { PageOf, Trimmed } from './pages.ts'
import { User } from './users.ts'

export const ListedUser = Trimmed('ListedUser', User)
export const UserPage = PageOf('UserPage', ListedUser, 'One page of users.')
