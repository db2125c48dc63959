import { BEGIN, END, type Folder } from './step.ts'

/** The order in which the requests of v1 make sense. */
export const V1: readonly Folder[] = [
  {
    name: BEGIN,
    steps: [
      {
        id: 'registerUser',
        body: { username: '{{newUsername}}', password: '{{password}}' },
        before: ['new-username.js'],
        after: 'registered.js',
      },
      { id: 'login', body: { username: '{{username}}', password: '{{password}}' } },
    ],
  },
  { name: 'Sessions', steps: [{ id: 'refresh', body: { refresh_token: '{{refreshToken}}' } }] },
  {
    name: 'Me',
    steps: [{ id: 'getMe' }, { id: 'getProtected' }, { id: 'getPartiallyProtected' }],
  },
  {
    name: 'Users',
    steps: [
      { id: 'listUsers' },
      { id: 'getUser', path: '{{userId}}' },
      { id: 'updateUser', path: '{{userId}}', registered: true, body: { phone: '+4915112345678' } },
    ],
  },
  {
    name: 'Posts',
    steps: [
      { id: 'createPost', keep: { postId: 'id' } },
      { id: 'listPosts' },
      { id: 'getPost', path: '{{postId}}' },
      { id: 'updatePost', path: '{{postId}}' },
      { id: 'deletePost', path: '{{postId}}' },
    ],
  },
  {
    name: 'Todos',
    steps: [
      { id: 'createTodo', keep: { todoId: 'id' } },
      { id: 'listTodos' },
      { id: 'getTodo', path: '{{todoId}}' },
      { id: 'updateTodo', path: '{{todoId}}' },
      { id: 'deleteTodo', path: '{{todoId}}' },
      {
        id: 'deleteTodos',
        before: ['send.js', 'spare-todo.js'],
        body: '{\n  "ids": [{{spareTodoId}}]\n}',
      },
    ],
  },
  {
    name: 'Books',
    steps: [
      { id: 'createBook', keep: { bookId: 'id' } },
      { id: 'listBooks' },
      { id: 'getBook', path: '{{bookId}}' },
      { id: 'updateBook', path: '{{bookId}}' },
      { id: 'deleteBook', path: '{{bookId}}' },
    ],
  },
  {
    name: END,
    steps: [
      { id: 'logout', after: 'forget-tokens.js' },
      { id: 'endSession', after: 'forget-tokens.js' },
      { id: 'deleteUser', path: '{{userId}}', registered: true, after: 'forget-account.js' },
    ],
  },
]
