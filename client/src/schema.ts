// Made of the document of v2 by `npm run client:types`.
export interface paths {
    "/auth/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Register
         * @description Creates an account, where the operator lets everyone register, or those who have an invitation. An email address is kept for its owner to confirm; the reply does not tell whether another account has it. An address that was invited by mail is confirmed at once. An `Idempotency-Key` is ignored.
         */
        post: operations["register"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log in
         * @description Opens a session. A user has at most 100: one more ends the one that was used least recently. Over https it leaves a cookie that no script can read and that lets nobody in: a login from a browser that has it, or from a network that the account knows, does not wait for what strangers do to the account. An `Idempotency-Key` is ignored.
         */
        post: operations["login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Refresh
         * @description Spends the refresh token for a new pair. Used again within 10 seconds, while its successor is unspent, it gives the same pair; used again in any other case it ends the session, because somebody else may have it. Tokens that came in a cookie are answered in cookies. An `Idempotency-Key` is ignored.
         */
        post: operations["refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/csrf": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the CSRF token
         * @description The CSRF token of the session, for a page that was loaded again.
         */
        get: operations["getCsrfToken"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log out
         * @description Ends this session, the others, or all: their tokens are refused from now on. Either token of the session will do. An `Idempotency-Key` is ignored.
         */
        post: operations["logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/reauthenticate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Confirm who you are
         * @description Makes the session fresh for 15 minutes. It asks for what a login asks for: the password, and a one-time password where the account has a second factor. A wrong one counts as a failed login. Whoever has no password signs in with their provider again. An `Idempotency-Key` is ignored.
         */
        post: operations["reauthenticate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/password/change": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change your password
         * @description Ends all other sessions, an address that waits to be confirmed, and every link that was mailed or leads to an export; with `revoke: ["api_keys"]` the API keys, too. It asks for what a login asks for: the password until now, and a one-time password where the account has a second factor. A wrong one counts as a failed login. An `Idempotency-Key` is ignored.
         */
        post: operations["changePassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/email/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Confirm an email address
         * @description Spends the token of a mail: the address belongs to the account from now on, and logs it in. An account that had the address without confirming it loses it. An `Idempotency-Key` is ignored.
         */
        post: operations["verifyEmail"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/email/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for another confirmation mail
         * @description Mails a new token to the address that is not confirmed yet, at most once a minute: before that it is 429. Three are good at a time, and one that is used ends the others. Nothing happens when there is no such address. An `Idempotency-Key` is ignored.
         */
        post: operations["resendEmail"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/password/forgot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for a new password
         * @description Mails a token to the address if an account has it. What is asked for within a minute is sent when it is over, and no link that is still good ends: while three are, the next waits. The reply is the same for all addresses. An `Idempotency-Key` is ignored.
         */
        post: operations["forgotPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/password/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set a new password with a token
         * @description Spends the token of a mail, which is good for 30 minutes, and ends what somebody else may have set going: all sessions, API keys, links of mails and exports, an address and a second factor that wait to be confirmed, and linked sign-ins, but for the one that the account came of. A second factor that is confirmed stays. A password that is refused leaves the token good. An `Idempotency-Key` is ignored.
         */
        post: operations["resetPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/introspect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask what a token is
         * @description RFC 7662. Tells of your own tokens, and an API key with the scope `tokens:introspect` of all; any other one, one that is not alive or spent, and one of an account that must first change its password or confirm its address, is `{"active": false}`. An `Idempotency-Key` is ignored.
         */
        post: operations["introspectToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Revoke a token
         * @description RFC 7009. Whoever has a token may end it: a refresh token with its session, an access token alone. The answer is 200 also for what is no token, not alive or spent. An `Idempotency-Key` is ignored.
         */
        post: operations["revokeToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your API keys
         * @description The oldest first, those that have expired too. The keys themselves are not shown again.
         */
        get: operations["listApiKeys"];
        put?: never;
        /**
         * Make an API key
         * @description A user has at most 50. Needs a fresh session. An `Idempotency-Key` is ignored.
         */
        post: operations["createApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/api-keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke an API key
         * @description It is refused from now on.
         */
        delete: operations["deleteApiKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Offer a second factor
         * @description Makes a secret for an authenticator app (RFC 6238). It asks for nothing until its first code confirms it; an earlier offer ends. Needs a fresh session. An `Idempotency-Key` is ignored.
         */
        post: operations["beginTotp"];
        /**
         * Remove the second factor
         * @description The recovery codes go with it. Needs a fresh session.
         */
        delete: operations["deleteTotp"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/totp/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Confirm the second factor
         * @description From now on every login needs a one-time password of the app, or a recovery code. Needs a fresh session. An `Idempotency-Key` is ignored.
         */
        post: operations["confirmTotp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/recovery-codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make new recovery codes
         * @description Those of before are not good any more. Needs a fresh session. An `Idempotency-Key` is ignored.
         */
        post: operations["renewRecoveryCodes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/providers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the providers
         * @description With whom people can sign in beside a password: what buttons need.
         */
        get: operations["listProviders"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/providers/{name}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Go to a provider
         * @description Where a browser navigates to, to sign in or to link an identity: it goes on to the provider, and what follows is bound to this browser by a cookie. A new start ends the one before.
         */
        get: operations["startSignIn"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/providers/{name}/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Come back from a provider
         * @description Where the provider sends the browser. It goes on to `redirect_to` with `code`, which is good once within 60 seconds, or with `error`: `access_denied` (the person or the provider said no), `provider_unavailable` (the provider does not answer) or `sign_in_failed` (what it answered is not acceptable).
         */
        get: operations["finishSignIn"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/providers/{name}/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log in with the code of a sign-in
         * @description Opens a session, as a login does: in the account that is linked to whoever signed in, in the one whose confirmed email address the provider has verified (which links it), or in a new one, where the operator lets people register (`invitation` is the token of an invitation, for somebody new). A second factor of the account is asked for; until then the code stays good. An `Idempotency-Key` is ignored.
         */
        post: operations["loginByProvider"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/me/identities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your identities
         * @description With whom you can sign in, the one that was used last first.
         */
        get: operations["listIdentities"];
        put?: never;
        /**
         * Link an identity to your account
         * @description Spends the `code` of a sign-in that your page began with `GET /auth/providers/{name}/start`: from now on it lets you in. Whoever redeems the code decides which account it is, so nobody is linked whom you have not sent. Needs a fresh session. An `Idempotency-Key` is ignored.
         */
        post: operations["linkIdentity"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/me/identities/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read one of your identities
         * @description Those of others are not found.
         */
        get: operations["getIdentity"];
        put?: never;
        post?: never;
        /**
         * Take one of your identities away
         * @description It lets nobody in any more. The last way in stays: a password that you know, or another identity. Needs a fresh session.
         */
        delete: operations["deleteIdentity"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your sessions
         * @description Where you are logged in, the session that was used last first.
         */
        get: operations["listSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End one of your sessions
         * @description Its tokens are refused from now on. Sessions of others are not found.
         */
        delete: operations["deleteSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/me/exports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for everything about you
         * @description Makes a link to one archive with your account, posts, to-dos, books, sessions, activity, keys (without the keys themselves) and linked identities. It is good once, for 5 minutes, and no longer than the session; a new one ends the one before. Needs a fresh session. An `Idempotency-Key` is ignored.
         */
        post: operations["createExport"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/me/exports/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Fetch everything about you
         * @description The archive that the link was made for: a ZIP file. Whoever has the link may fetch it, once. An archive that is cut off is not whole: then the connection breaks, and a new link is needed.
         */
        get: operations["getExport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/me/activity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read your activity
         * @description Your security events: what you did, and what happened to your account. The newest first. Where others were when they acted on your account is not told.
         */
        get: operations["listActivity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the open invitations
         * @description For admins. The oldest first; the tokens are not shown again.
         */
        get: operations["listInvitations"];
        put?: never;
        /**
         * Invite somebody
         * @description For admins. Good once, for 7 days: it is mailed when it has an address and the server can send mail, otherwise the token is in the reply. It ends when you are no admin any more, and whenever your password is set anew. Where nobody may register, nobody is invited. Needs a fresh session. An `Idempotency-Key` is ignored.
         */
        post: operations["createInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/invitations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke an invitation
         * @description For admins. Nobody registers with it from now on.
         */
        delete: operations["deleteInvitation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List users
         * @description The public profiles of all users. Admins see the whole accounts.
         */
        get: operations["listUsers"];
        put?: never;
        /**
         * Create a user
         * @description For admins, whoever may register. The password is to be changed by the user before anything else. Needs a fresh session. An `Idempotency-Key` is ignored.
         */
        post: operations["createUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/audit-events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the audit trail
         * @description For admins: who did what to what, when, and from where. The newest first.
         */
        get: operations["listAuditEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/authz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what each operation needs
         * @description Every operation of both versions with the token, the role, the record and the freshness that it needs: the same data that its checks are made from. They are asked in this order: the token, the input, role and freshness, whether the record is there (404), whose it is. A record that its owner alone may know of is absent to others.
         */
        get: operations["listOperations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Watch what happens
         * @description A stream of server-sent events (WHATWG HTML): what happens to posts, to books and to your to-dos, from now on or from
         *     where another stream broke off. At most five are open to a user on each server. Every 15 seconds comes a comment, with the `id` up to
         *     which you have everything. The stream ends with its session; that the access token expires meanwhile does not matter. Who reads too
         *     slowly is told later; who does not read at all is cut off.
         */
        get: operations["streamEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/todos/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export your to-dos
         * @description Your to-dos as a file. The records come in the order of their ids, with the members that they have elsewhere; of `user` each row has `user_id` and
         *     `username`. In CSV all texts are in quotes; what a spreadsheet would run as a formula has an apostrophe before it, which an import takes
         *     away again. A file that is cut off is not whole: then the connection breaks.
         */
        get: operations["exportTodos"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/books/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export books
         * @description The books that you added, or the whole catalogue, as a file. The records come in the order of their ids, with the members that they have elsewhere; of `user` each row has `user_id` and
         *     `username`. In CSV all texts are in quotes; what a spreadsheet would run as a formula has an apostrophe before it, which an import takes
         *     away again. A file that is cut off is not whole: then the connection breaks.
         */
        get: operations["exportBooks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/posts/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export posts
         * @description Your posts, or those of everyone, as a file. The records come in the order of their ids, with the members that they have elsewhere; of `user` each row has `user_id` and
         *     `username`. In CSV all texts are in quotes; what a spreadsheet would run as a formula has an apostrophe before it, which an import takes
         *     away again. A file that is cut off is not whole: then the connection breaks.
         */
        get: operations["exportPosts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/todos/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Write to-dos from a file
         * @description The rows have the members of a new record; in CSV, which begins with a header, an empty cell is an absent one. Files that an export
         *     wrote are taken as they are. Rows are checked before any is written, and all are written at once or none. A file has at most 50,000 rows and
         *     32 MiB; the `commonplace` command takes larger ones.
         */
        post: operations["importTodos"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/books/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add books from a file
         * @description The rows have the members of a new record; in CSV, which begins with a header, an empty cell is an absent one. Files that an export
         *     wrote are taken as they are. Rows are checked before any is written, and all are written at once or none. A file has at most 50,000 rows and
         *     32 MiB; the `commonplace` command takes larger ones. The library export of Goodreads is taken too: of it come title, author, ISBN, year and review.
         */
        post: operations["importBooks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read your account
         * @description Everything that the account shows to its owner.
         */
        get: operations["getMe"];
        put?: never;
        post?: never;
        /**
         * Delete your account
         * @description Removes the account and everything that it owns. Needs a fresh session. The last active admin stays.
         */
        delete: operations["deleteMe"];
        options?: never;
        head?: never;
        /**
         * Change your account
         * @description What is absent stays, null clears. A new email address needs a fresh session, and is pending until its owner confirms it.
         */
        patch: operations["updateMe"];
        trace?: never;
    };
    "/posts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List posts
         * @description All posts, the newest first unless sorted otherwise.
         */
        get: operations["listPosts"];
        put?: never;
        /**
         * Write a post
         * @description Publishes a post of yours. A key without `posts:read` is answered with the `id` and the members that were sent, as `application/vnd.commonplace.written+json`.
         */
        post: operations["createPost"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/posts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a post
         * @description One post, with the name of its owner.
         */
        get: operations["getPost"];
        put?: never;
        post?: never;
        /**
         * Remove a post
         * @description Moderators and admins may remove any post.
         */
        delete: operations["deletePost"];
        options?: never;
        head?: never;
        /**
         * Change a post
         * @description What is absent stays. Moderators and admins may change any post. A key without `posts:read` is answered with the `id` and the members that were sent, as `application/vnd.commonplace.written+json`.
         */
        patch: operations["updatePost"];
        trace?: never;
    };
    "/posts/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Write many posts at once
         * @description Creates, changes and removes up to 100 records in one transaction. Each result has the status, and the body or the problem, that the operation would have had alone. A key without `posts:read` is answered with the `id` and the members that were sent, as `application/vnd.commonplace.written+json`.
         */
        post: operations["bulkPosts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/todos": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your to-dos
         * @description Your to-dos, the newest first unless sorted otherwise.
         */
        get: operations["listTodos"];
        put?: never;
        /**
         * Write a to-do
         * @description Nobody but you sees it. A key without `todos:read` is answered with the `id` and the members that were sent, as `application/vnd.commonplace.written+json`.
         */
        post: operations["createTodo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/todos/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a to-do
         * @description One of your to-dos.
         */
        get: operations["getTodo"];
        put?: never;
        post?: never;
        /**
         * Remove a to-do
         * @description Removes one of your to-dos.
         */
        delete: operations["deleteTodo"];
        options?: never;
        head?: never;
        /**
         * Change a to-do
         * @description What is absent stays, null clears. A key without `todos:read` is answered with the `id` and the members that were sent, as `application/vnd.commonplace.written+json`.
         */
        patch: operations["updateTodo"];
        trace?: never;
    };
    "/todos/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Write many to-dos at once
         * @description Creates, changes and removes up to 100 records in one transaction. Each result has the status, and the body or the problem, that the operation would have had alone. A key without `todos:read` is answered with the `id` and the members that were sent, as `application/vnd.commonplace.written+json`.
         */
        post: operations["bulkTodos"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/books": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List books
         * @description The catalogue that all users share, the newest entries first unless sorted otherwise.
         */
        get: operations["listBooks"];
        put?: never;
        /**
         * Add a book
         * @description Adds a book to the catalogue. Whoever added it may change it. A key without `books:read` is answered with the `id` and the members that were sent, as `application/vnd.commonplace.written+json`.
         */
        post: operations["createBook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/books/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a book
         * @description One book, with the name of its owner.
         */
        get: operations["getBook"];
        put?: never;
        post?: never;
        /**
         * Remove a book
         * @description Moderators and admins may remove any book.
         */
        delete: operations["deleteBook"];
        options?: never;
        head?: never;
        /**
         * Change a book
         * @description What is absent stays, null clears. Moderators and admins may change any book. A key without `books:read` is answered with the `id` and the members that were sent, as `application/vnd.commonplace.written+json`.
         */
        patch: operations["updateBook"];
        trace?: never;
    };
    "/books/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Write many books at once
         * @description Creates, changes and removes up to 100 records in one transaction. Each result has the status, and the body or the problem, that the operation would have had alone. A key without `books:read` is answered with the `id` and the members that were sent, as `application/vnd.commonplace.written+json`.
         */
        post: operations["bulkBooks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a profile
         * @description What everyone may see of a user. Admins see the whole account.
         */
        get: operations["getUser"];
        put?: never;
        post?: never;
        /**
         * Delete a user
         * @description For admins. Removes the account and everything that it owns. Your own, and that of another admin, needs a fresh session. The last active admin stays.
         */
        delete: operations["deleteUser"];
        options?: never;
        head?: never;
        /**
         * Change an account
         * @description For admins. A role holds from the next request on; suspending and a new password end at once all sessions, and what else a password reset ends; an address that waits to be confirmed is part of that, whoever gave it: send a new one along, or afterwards. Role, email and password need a fresh session. The account of an admin needs a fresh session, whatever is changed of it. The last active admin stays one. A key without `users:read` is answered with the `id` and the members that were sent, as `application/vnd.commonplace.written+json`.
         */
        patch: operations["updateUser"];
        trace?: never;
    };
    "/users/{id}/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove the second factor of a user
         * @description For admins, to help whoever has lost the app and the recovery codes: find out who asks first, for from now on the password alone lets in. The recovery codes go with it, all sessions of the user end, and a mail tells them. Needs a fresh session.
         */
        delete: operations["deleteUserTotp"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description A user as they and admins see it. */
        Account: {
            /**
             * @description The id of the user.
             * @example 42
             */
            id: number;
            /**
             * @description The name of the user.
             * @example alice
             */
            username: string;
            /**
             * Format: date-time
             * @description When the user registered. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            created_at: string;
            /**
             * @description The address of the account, null when it has none.
             * @example alice@example.com
             */
            email: string | null;
            /**
             * @description An address that its owner has yet to confirm: nobody logs in with it.
             * @example alice@example.com
             */
            pending_email: string | null;
            /** @description That no mail reaches one of the two addresses; null while none was refused, and again once the address has changed, is confirmed or takes a mail. */
            undeliverable: components["schemas"]["Undeliverable"] | null;
            /**
             * @description The phone number of the account, null when it has none. E.164.
             * @example +4915112345678
             */
            phone: string | null;
            /**
             * @description What the user may do beyond their own records.
             * @example user
             * @enum {string}
             */
            role: "user" | "moderator" | "admin";
            /**
             * @description A suspended user cannot log in.
             * @example active
             * @enum {string}
             */
            status: "active" | "suspended";
            /**
             * @description Whether the password is to be changed before anything else, as somebody else chose it.
             * @example false
             */
            must_change_password: boolean;
            /**
             * Format: date-time
             * @description When the account last changed. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            updated_at: string;
        };
        /** @description What to change of your account (RFC 7396): what is absent stays, null clears. */
        AccountPatch: {
            /**
             * @description The name to log in with: 3 to 32 letters and digits of any script, `.`, `_` and `-`; unique, whatever its case.
             * @example alice
             */
            username?: string;
            /**
             * @description The new address, kept as `pending_email` until its owner confirms it; null for none. Needs a fresh session.
             * @example alice@example.com
             */
            email?: string | null;
            /**
             * @description The new number, or null for none.
             * @example +4915112345678
             */
            phone?: string | null;
        };
        /** @description One page of your activity. */
        ActivityPage: {
            /** @description The records, in order. */
            data: components["schemas"]["AuditEvent"][];
            page: components["schemas"]["Page"];
        };
        /**
         * @description A key for a program, without the key itself.
         * @example {
         *       "id": 42,
         *       "name": "Nightly export",
         *       "prefix": "cpk_mC3k0u8y",
         *       "scopes": [
         *         "todos:read"
         *       ],
         *       "created_at": "2026-11-20T16:33:06.902Z",
         *       "expires_at": null,
         *       "last_used_at": null
         *     }
         */
        ApiKey: {
            /**
             * @description The id of the key.
             * @example 42
             */
            id: number;
            /**
             * @description What it is for.
             * @example Nightly export
             */
            name: string;
            /**
             * @description How the key begins.
             * @example cpk_mC3k0u8y
             */
            prefix: string;
            /** @description What the key may do. */
            scopes: components["schemas"]["ApiKeyScope"][];
            /**
             * Format: date-time
             * @description When it was made. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it ends, null when it does not. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            expires_at: string | null;
            /**
             * Format: date-time
             * @description When it was last used, to the minute; null when never. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            last_used_at: string | null;
        };
        /** @description A new key. */
        ApiKeyCreate: {
            /**
             * @description What it is for.
             * @example Nightly export
             */
            name: string;
            /** @description What the key may do, never more than the role of its user. */
            scopes: components["schemas"]["ApiKeyScope"][];
            /**
             * Format: date-time
             * @description When it ends (RFC 3339, any offset); it does not unless given.
             * @example 2027-11-20T00:00:00Z
             */
            expires_at?: string | null;
        };
        /** @description Your keys. */
        ApiKeyList: {
            /** @description The keys. */
            data: components["schemas"]["ApiKey"][];
        };
        /**
         * @description What a key may do. Writing does not imply reading: of a record that a key wrote and may not read, its replies have the `id` and the members that were sent.
         * @example todos:read
         * @enum {string}
         */
        ApiKeyScope: "posts:read" | "posts:write" | "todos:read" | "todos:write" | "books:read" | "books:write" | "account:read" | "users:read" | "users:write" | "audit:read" | "events:read" | "tokens:introspect";
        /** @description A link to an archive of everything about you. */
        ArchiveLink: {
            /**
             * Format: uri-reference
             * @description Where the archive can be fetched, once.
             * @example /api/v2/me/exports/mC3k0u8yVb5q2r7tXw1z4A6d9fGhJkLmNpQsRvTyUxE
             */
            url: string;
            /**
             * Format: date-time
             * @description When the link ends. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            expires_at: string;
        };
        /**
         * @description Something that concerns security. What identifies people is null once their account is deleted.
         * @example {
         *       "id": 42,
         *       "created_at": "2026-11-20T16:33:06.902Z",
         *       "action": "login",
         *       "outcome": "success",
         *       "actor_id": 7,
         *       "target": {
         *         "type": "user",
         *         "id": "7"
         *       },
         *       "ip": "192.0.2.7",
         *       "user_agent": "curl/8.5.0",
         *       "request_id": "V1StGXR8_Z5jdHi6B-myTA",
         *       "unfamiliar": false,
         *       "detail": null,
         *       "burst": false
         *     }
         */
        AuditEvent: {
            /**
             * @description The id of the event. Later events have higher ones.
             * @example 42
             */
            id: number;
            /**
             * Format: date-time
             * @description When it happened. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            created_at: string;
            /**
             * @description What was done.
             * @example login
             */
            action: string;
            /**
             * @description How it ended: `denied` is what somebody may not do.
             * @example success
             * @enum {string}
             */
            outcome: "success" | "failure" | "denied";
            /**
             * @description The id of the user who did it, null when nobody was logged in, or an operator did it.
             * @example 42
             */
            actor_id: number | null;
            /** @description What it was done to, null when that is no record. */
            target: components["schemas"]["AuditTarget"] | null;
            /**
             * @description The address that it came from.
             * @example 192.0.2.7
             */
            ip: string | null;
            /**
             * @description What it came from, as it says.
             * @example curl/8.5.0
             */
            user_agent: string | null;
            /**
             * @description The `X-Request-Id` of the request.
             * @example V1StGXR8_Z5jdHi6B-myTA
             */
            request_id: string | null;
            /**
             * @description Whether it is a login from a device or a network that is new to the account.
             * @example false
             */
            unfamiliar: boolean;
            /**
             * @description What followed from it, in words; null when nothing is to be said.
             * @example 2 sessions, 1 API key
             */
            detail: string | null;
            /**
             * @description Whether it is one of many failures in a short time.
             * @example false
             */
            burst: boolean;
        };
        /** @description One page of the audit trail. */
        AuditEventPage: {
            /** @description The records, in order. */
            data: components["schemas"]["ListedAuditEvent"][];
            page: components["schemas"]["Page"];
        };
        /**
         * @description A record that something was done to.
         * @example {
         *       "type": "user",
         *       "id": "7"
         *     }
         */
        AuditTarget: {
            /**
             * @description The kind of record.
             * @example user
             */
            type: string;
            /**
             * @description The id of the record, as text.
             * @example 7
             */
            id: string;
        };
        /** @description A book of the shared catalogue. */
        Book: {
            /**
             * @description The id of the book.
             * @example 42
             */
            id: number;
            /**
             * @description The title. 1 to 200 characters; spaces around it are dropped.
             * @example The Left Hand of Darkness
             */
            title: string;
            /**
             * @description Who wrote it. 1 to 200 characters; spaces around it are dropped.
             * @example Ursula K. Le Guin
             */
            author: string;
            /**
             * @description Its ISBN of 13 digits, or null.
             * @example 9780441478125
             */
            isbn: string | null;
            /**
             * @description The year it was published, negative before the common era, or null.
             * @example 1969
             */
            published_year: number | null;
            /**
             * @description What it is about, or null.
             * @example An envoy on Gethen.
             */
            description: string | null;
            user: components["schemas"]["Owner"];
            /**
             * Format: date-time
             * @description When it was added. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it last changed. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            updated_at: string;
        };
        /** @description Up to 100 operations on books. */
        BookBulk: {
            /**
             * @description Whether all operations are undone when one fails. Else each that can be done is done.
             * @example false
             */
            atomic?: boolean;
            /** @description What to do, in this order. */
            operations: components["schemas"]["BookOperation"][];
        };
        /** @description A new book. */
        BookBulkCreate: {
            /**
             * @description A new book. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            op: "create";
            value: components["schemas"]["BookCreate"];
        };
        /** @description The end of a book. */
        BookBulkDelete: {
            /**
             * @description The end of a book. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            op: "delete";
            /**
             * @description Which book. Each may be named once.
             * @example 42
             */
            id: number;
            /**
             * @description Do it only if the book still has one of these entity tags, as in `If-Match`.
             * @example "b3.1-5f0c9b2e"
             */
            if_match?: string;
        };
        /** @description What became of one operation: `data` when there is a record now, `problem` when it failed. */
        BookBulkResult: {
            /**
             * @description The status that the operation would have had alone.
             * @example 201
             */
            status: number;
            /**
             * @description The entity tag of the record as it is now.
             * @example "b3.1-5f0c9b2e"
             */
            etag?: string;
            data?: components["schemas"]["Book"];
            problem?: components["schemas"]["Problem"];
        };
        /** @description What became of the operations of a bulk. */
        BookBulkResults: {
            /** @description What became of each operation, in their order. */
            results: components["schemas"]["BookBulkResult"][];
        };
        /** @description A change of a book. */
        BookBulkUpdate: {
            /**
             * @description A change of a book. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            op: "update";
            /**
             * @description Which book. Each may be named once.
             * @example 42
             */
            id: number;
            /**
             * @description Do it only if the book still has one of these entity tags, as in `If-Match`.
             * @example "b3.1-5f0c9b2e"
             */
            if_match?: string;
            value: components["schemas"]["BookPatch"];
        };
        /** @description A new book. */
        BookCreate: {
            /**
             * @description The title. 1 to 200 characters; spaces around it are dropped.
             * @example The Left Hand of Darkness
             */
            title: string;
            /**
             * @description Who wrote it. 1 to 200 characters; spaces around it are dropped.
             * @example Ursula K. Le Guin
             */
            author: string;
            /**
             * @description Its ISBN of 10 or 13 digits, or null; unique among your books.
             * @example 0-441-47812-3
             */
            isbn?: string | null;
            /**
             * @description The year it was published, negative before the common era, or null.
             * @example 1969
             */
            published_year?: number | null;
            /**
             * @description What it is about, or null.
             * @example An envoy on Gethen.
             */
            description?: string | null;
        };
        /**
         * @description Something that happened to a book. `data` is the book as it is now, if it is still there.
         * @example {
         *       "id": 1207,
         *       "type": "book.updated",
         *       "resource_id": 42,
         *       "at": "2026-11-20T16:33:06.902Z",
         *       "data": {
         *         "id": 42,
         *         "title": "The Left Hand of Darkness",
         *         "author": "Ursula K. Le Guin",
         *         "isbn": "9780441478125",
         *         "published_year": 1969,
         *         "description": null,
         *         "user": {
         *           "id": 7,
         *           "username": "alice"
         *         },
         *         "created_at": "2026-11-20T16:33:06.902Z",
         *         "updated_at": "2026-11-20T16:33:06.902Z"
         *       }
         *     }
         */
        BookEvent: {
            /**
             * @description The id of the event. Later events have higher ones.
             * @example 1207
             */
            id: number;
            /**
             * @description What happened. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            type: "book.created" | "book.updated" | "book.deleted";
            /**
             * @description The id of the book.
             * @example 42
             */
            resource_id: number;
            /**
             * Format: date-time
             * @description When it happened. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            at: string;
            data?: components["schemas"]["Book"];
        };
        /** @description One operation of a bulk: `op` tells which. */
        BookOperation: components["schemas"]["BookBulkCreate"] | components["schemas"]["BookBulkUpdate"] | components["schemas"]["BookBulkDelete"];
        /** @description One page of books. */
        BookPage: {
            /** @description The records, in order. */
            data: components["schemas"]["ListedBook"][];
            page: components["schemas"]["Page"];
        };
        /** @description What to change of a book (RFC 7396): what is absent stays, null clears. */
        BookPatch: {
            /**
             * @description The title. 1 to 200 characters; spaces around it are dropped.
             * @example The Left Hand of Darkness
             */
            title?: string;
            /**
             * @description Who wrote it. 1 to 200 characters; spaces around it are dropped.
             * @example Ursula K. Le Guin
             */
            author?: string;
            /**
             * @description Its ISBN of 10 or 13 digits, or null; unique among your books.
             * @example 0-441-47812-3
             */
            isbn?: string | null;
            /**
             * @description The year it was published, negative before the common era, or null.
             * @example 1969
             */
            published_year?: number | null;
            /**
             * @description What it is about, or null.
             * @example An envoy on Gethen.
             */
            description?: string | null;
        };
        /**
         * @description A session whose tokens are in cookies.
         * @example {
         *       "transport": "cookie",
         *       "csrf_token": "Wc2lGV5QmQxZ.3q2-7wRZ0yq6cN4yqEJ2m1v8u0yHc5a1T9wJr6k3n0E",
         *       "expires_in": 900
         *     }
         */
        CookieSession: {
            /**
             * @description The tokens are in cookies. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            transport: "cookie";
            /** @description Send it as `X-CSRF-Token` with every unsafe method. */
            csrf_token: string;
            /**
             * @description Seconds until the access token expires.
             * @example 900
             */
            expires_in: number;
        };
        /** @description The CSRF token of the session. */
        CsrfTokenReply: {
            /** @description Send it as `X-CSRF-Token` with every unsafe method. */
            csrf_token: string;
        };
        /** @description Shows that an address is read. */
        EmailVerification: {
            /**
             * @description The token of the mail: what follows `#` in its link.
             * @example mC3k0u8yVb5q2r7tXw1z4A6d9fGhJkLmNpQsRvTyUxE
             */
            token: string;
        };
        /** @description The `data` of one event of a stream, as JSON: `type` tells which. */
        Event: components["schemas"]["PostEvent"] | components["schemas"]["TodoEvent"] | components["schemas"]["BookEvent"] | components["schemas"]["ResetEvent"];
        /** @description Who you are at a provider. */
        Identity: {
            /**
             * @description The id of the identity.
             * @example 42
             */
            id: number;
            /**
             * @description The name of the provider.
             * @example example
             */
            provider: string;
            /**
             * @description The address that the provider last told, whether verified or not.
             * @example alice@example.com
             */
            email: string | null;
            /**
             * Format: date-time
             * @description When it was linked. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it was last signed in with. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            last_used_at: string;
        };
        /** @description What shows who you are at a provider. */
        IdentityLink: {
            /**
             * @description The `code` that `redirect_to` was given.
             * @example Wc2lGV5QmQxZ.3q2-7wRZ0yq6cN4y.qEJ2m1v8u0yHc5a1T9wJr6k3n0E.kQ2m1v8u0yHc5a1T9wJr6g
             */
            code: string;
            /**
             * @description The verifier that `code_challenge` was made of.
             * @example dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk
             */
            verifier: string;
        };
        /** @description Your identities. */
        IdentityList: {
            /** @description Those that were used last, at most 100. */
            data: components["schemas"]["Identity"][];
        };
        /** @description What became of a file. */
        ImportResult: {
            /**
             * @description How many records were created, or would be.
             * @example 2
             */
            created: number;
            /**
             * @description How many rows were passed over because something is wrong with them.
             * @example 1
             */
            rejected: number;
            /** @description What is wrong with those, the first 1,000 faults. */
            errors: components["schemas"]["RowFault"][];
        };
        /** @description What is known of a token (RFC 7662, section 2.2). */
        Introspection: {
            /**
             * @description Whether the token is alive, and you may know of it.
             * @example true
             */
            active: boolean;
            /**
             * @description The id of its user.
             * @example 7
             */
            sub?: string;
            /**
             * @description The name of its user.
             * @example alice
             */
            username?: string;
            /**
             * @description Which token it is.
             * @example access_token
             * @enum {string}
             */
            token_type?: "access_token" | "refresh_token";
            /**
             * @description The role of its user, as it is now.
             * @example user
             * @enum {string}
             */
            role?: "user" | "moderator" | "admin";
            /**
             * @description Who issued it.
             * @example https://api.example.com
             */
            iss?: string;
            /**
             * @description When it was issued, in seconds since 1970.
             * @example 1795192386
             */
            iat?: number;
            /**
             * @description When it ends, in seconds since 1970.
             * @example 1795192386
             */
            exp?: number;
            /**
             * @description Its id.
             * @example V1StGXR8_Z5jdHi6BmyTAA
             */
            jti?: string;
            /**
             * @description The id of its session.
             * @example Zt3vXc8mQ1uK5sNfPq2r7A
             */
            sid?: string;
        };
        /**
         * @description An invitation to make an account that is open still, without its token.
         * @example {
         *       "id": 42,
         *       "email": "alice@example.com",
         *       "role": "user",
         *       "mailed": true,
         *       "created_by": 7,
         *       "created_at": "2026-11-20T16:33:06.902Z",
         *       "expires_at": "2026-11-27T16:33:06.902Z"
         *     }
         */
        Invitation: {
            /**
             * @description The id of the invitation.
             * @example 42
             */
            id: number;
            /**
             * @description Whose it is, null when it is for whoever has the token.
             * @example alice@example.com
             */
            email: string | null;
            /**
             * @description The role of the account that is made with it.
             * @example user
             * @enum {string}
             */
            role: "user" | "moderator" | "admin";
            /** @description Whether the token was mailed to that address, and is known to nobody else: then the address is confirmed by its use. */
            mailed: boolean;
            /**
             * @description The admin who invites, null for an operator.
             * @example 42
             */
            created_by: number | null;
            /**
             * Format: date-time
             * @description When it was made. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it ends: 7 days later. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            expires_at: string;
        };
        /** @description Whom to invite. */
        InvitationCreate: {
            /**
             * @description Who is invited. An earlier invitation of the same address ends.
             * @example alice@example.com
             */
            email?: string;
            /**
             * @description The role of the account, `user` unless given.
             * @example user
             * @enum {string}
             */
            role?: "user" | "moderator" | "admin";
        };
        /** @description The invitations that are open. */
        InvitationList: {
            /** @description At most 500. */
            data: components["schemas"]["Invitation"][];
        };
        /** @description A key for a program. */
        IssuedApiKey: {
            /**
             * @description The id of the key.
             * @example 42
             */
            id: number;
            /**
             * @description What it is for.
             * @example Nightly export
             */
            name: string;
            /**
             * @description How the key begins.
             * @example cpk_mC3k0u8y
             */
            prefix: string;
            /** @description What the key may do. */
            scopes: components["schemas"]["ApiKeyScope"][];
            /**
             * Format: date-time
             * @description When it was made. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it ends, null when it does not. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            expires_at: string | null;
            /**
             * Format: date-time
             * @description When it was last used, to the minute; null when never. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            last_used_at: string | null;
            /**
             * @description The key, shown this once. Send it as `X-API-Key` or as Bearer.
             * @example cpk_mC3k0u8yVb5q2r7tXw1z4A6d9fGhJkLmNpQsRvTyUxE
             */
            key: string;
        };
        /** @description A new invitation. */
        IssuedInvitation: {
            /**
             * @description The id of the invitation.
             * @example 42
             */
            id: number;
            /**
             * @description Whose it is, null when it is for whoever has the token.
             * @example alice@example.com
             */
            email: string | null;
            /**
             * @description The role of the account that is made with it.
             * @example user
             * @enum {string}
             */
            role: "user" | "moderator" | "admin";
            /** @description Whether the token was mailed to that address, and is known to nobody else: then the address is confirmed by its use. */
            mailed: boolean;
            /**
             * @description The admin who invites, null for an operator.
             * @example 42
             */
            created_by: number | null;
            /**
             * Format: date-time
             * @description When it was made. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it ends: 7 days later. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            expires_at: string;
            /**
             * @description What to register with, shown this once; null when it was mailed.
             * @example mC3k0u8yVb5q2r7tXw1z4A6d9fGhJkLmNpQsRvTyUxE
             */
            token: string | null;
        };
        /**
         * @description `AuditEvent` in a list: all of its members, unless `fields` names those that are wanted.
         * @example {
         *       "id": 42,
         *       "created_at": "2026-11-20T16:33:06.902Z",
         *       "action": "login",
         *       "outcome": "success",
         *       "actor_id": 7,
         *       "target": {
         *         "type": "user",
         *         "id": "7"
         *       },
         *       "ip": "192.0.2.7",
         *       "user_agent": "curl/8.5.0",
         *       "request_id": "V1StGXR8_Z5jdHi6B-myTA",
         *       "unfamiliar": false,
         *       "detail": null,
         *       "burst": false
         *     }
         */
        ListedAuditEvent: {
            /**
             * @description The id of the event. Later events have higher ones.
             * @example 42
             */
            id?: number;
            /**
             * Format: date-time
             * @description When it happened. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            created_at?: string;
            /**
             * @description What was done.
             * @example login
             */
            action?: string;
            /**
             * @description How it ended: `denied` is what somebody may not do.
             * @example success
             * @enum {string}
             */
            outcome?: "success" | "failure" | "denied";
            /**
             * @description The id of the user who did it, null when nobody was logged in, or an operator did it.
             * @example 42
             */
            actor_id?: number | null;
            /** @description What it was done to, null when that is no record. */
            target?: components["schemas"]["AuditTarget"] | null;
            /**
             * @description The address that it came from.
             * @example 192.0.2.7
             */
            ip?: string | null;
            /**
             * @description What it came from, as it says.
             * @example curl/8.5.0
             */
            user_agent?: string | null;
            /**
             * @description The `X-Request-Id` of the request.
             * @example V1StGXR8_Z5jdHi6B-myTA
             */
            request_id?: string | null;
            /**
             * @description Whether it is a login from a device or a network that is new to the account.
             * @example false
             */
            unfamiliar?: boolean;
            /**
             * @description What followed from it, in words; null when nothing is to be said.
             * @example 2 sessions, 1 API key
             */
            detail?: string | null;
            /**
             * @description Whether it is one of many failures in a short time.
             * @example false
             */
            burst?: boolean;
        };
        /**
         * @description `Book` in a list: all of its members, unless `fields` names those that are wanted.
         * @example {
         *       "id": 42,
         *       "title": "The Left Hand of Darkness",
         *       "author": "Ursula K. Le Guin",
         *       "isbn": "9780441478125",
         *       "published_year": 1969,
         *       "description": null,
         *       "user": {
         *         "id": 7,
         *         "username": "alice"
         *       },
         *       "created_at": "2026-11-20T16:33:06.902Z",
         *       "updated_at": "2026-11-20T16:33:06.902Z"
         *     }
         */
        ListedBook: {
            /**
             * @description The id of the book.
             * @example 42
             */
            id?: number;
            /**
             * @description The title. 1 to 200 characters; spaces around it are dropped.
             * @example The Left Hand of Darkness
             */
            title?: string;
            /**
             * @description Who wrote it. 1 to 200 characters; spaces around it are dropped.
             * @example Ursula K. Le Guin
             */
            author?: string;
            /**
             * @description Its ISBN of 13 digits, or null.
             * @example 9780441478125
             */
            isbn?: string | null;
            /**
             * @description The year it was published, negative before the common era, or null.
             * @example 1969
             */
            published_year?: number | null;
            /**
             * @description What it is about, or null.
             * @example An envoy on Gethen.
             */
            description?: string | null;
            user?: components["schemas"]["Owner"];
            /**
             * Format: date-time
             * @description When it was added. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            created_at?: string;
            /**
             * Format: date-time
             * @description When it last changed. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            updated_at?: string;
        };
        /**
         * @description `Post` in a list: all of its members, unless `fields` names those that are wanted.
         * @example {
         *       "id": 42,
         *       "title": "Hello",
         *       "content": "The first entry.",
         *       "category": "general",
         *       "user": {
         *         "id": 7,
         *         "username": "alice"
         *       },
         *       "created_at": "2026-11-20T16:33:06.902Z",
         *       "updated_at": "2026-11-20T16:33:06.902Z"
         *     }
         */
        ListedPost: {
            /**
             * @description The id of the post.
             * @example 42
             */
            id?: number;
            /**
             * @description The title. 1 to 200 characters; spaces around it are dropped.
             * @example Hello
             */
            title?: string;
            /**
             * @description The text.
             * @example The first entry.
             */
            content?: string;
            /**
             * @description What it is filed under.
             * @example general
             */
            category?: string;
            user?: components["schemas"]["Owner"];
            /**
             * Format: date-time
             * @description When it was written. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            created_at?: string;
            /**
             * Format: date-time
             * @description When it last changed. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            updated_at?: string;
        };
        /**
         * @description `Todo` in a list: all of its members, unless `fields` names those that are wanted.
         * @example {
         *       "id": 42,
         *       "title": "Water the plants",
         *       "description": null,
         *       "completed": false,
         *       "completed_at": null,
         *       "due_at": "2026-11-27T16:00:00.000Z",
         *       "priority": "normal",
         *       "created_at": "2026-11-20T16:33:06.902Z",
         *       "updated_at": "2026-11-20T16:33:06.902Z"
         *     }
         */
        ListedTodo: {
            /**
             * @description The id of the to-do.
             * @example 42
             */
            id?: number;
            /**
             * @description What there is to do. 1 to 200 characters; spaces around it are dropped.
             * @example Water the plants
             */
            title?: string;
            /**
             * @description More about it, or null.
             * @example The ones on the sill too.
             */
            description?: string | null;
            /**
             * @description Whether it is done.
             * @example false
             */
            completed?: boolean;
            /**
             * Format: date-time
             * @description When it was completed, null when it is not. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            completed_at?: string | null;
            /**
             * Format: date-time
             * @description When it is due, null when at no time. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            due_at?: string | null;
            /**
             * @description How urgent it is.
             * @example normal
             * @enum {string}
             */
            priority?: "low" | "normal" | "high";
            /**
             * Format: date-time
             * @description When it was written. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            created_at?: string;
            /**
             * Format: date-time
             * @description When it last changed. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            updated_at?: string;
        };
        /**
         * @description `User` in a list: all of its members, unless `fields` names those that are wanted.
         * @example {
         *       "id": 7,
         *       "username": "alice",
         *       "created_at": "2026-11-20T16:33:06.902Z"
         *     }
         */
        ListedUser: {
            /**
             * @description The id of the user.
             * @example 42
             */
            id?: number;
            /**
             * @description The name of the user.
             * @example alice
             */
            username?: string;
            /**
             * Format: date-time
             * @description When the user registered. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            created_at?: string;
            /**
             * @description The address of the account, null when it has none.
             * @example alice@example.com
             */
            email?: string | null;
            /**
             * @description An address that its owner has yet to confirm: nobody logs in with it.
             * @example alice@example.com
             */
            pending_email?: string | null;
            /** @description That no mail reaches one of the two addresses; null while none was refused, and again once the address has changed, is confirmed or takes a mail. */
            undeliverable?: components["schemas"]["Undeliverable"] | null;
            /**
             * @description The phone number of the account, null when it has none. E.164.
             * @example +4915112345678
             */
            phone?: string | null;
            /**
             * @description What the user may do beyond their own records.
             * @example user
             * @enum {string}
             */
            role?: "user" | "moderator" | "admin";
            /**
             * @description A suspended user cannot log in.
             * @example active
             * @enum {string}
             */
            status?: "active" | "suspended";
            /**
             * @description Whether the password is to be changed before anything else, as somebody else chose it.
             * @example false
             */
            must_change_password?: boolean;
            /**
             * Format: date-time
             * @description When the account last changed. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            updated_at?: string;
        };
        /** @description What a user logs in with. */
        Login: {
            /**
             * @description The username, or the email address of the account.
             * @example alice
             */
            identifier: string;
            /**
             * Format: password
             * @description The password.
             * @example correct horse battery staple
             */
            password: string;
            /**
             * @description The one-time password of the second factor, or a recovery code; only where there is one. Spaces do not matter.
             * @example 492039
             */
            otp?: string;
            /**
             * @description Where the tokens go: `body` unless given, or cookies that no script can read.
             * @example body
             * @enum {string}
             */
            transport?: "body" | "cookie";
        };
        /** @description The tokens of a session, or where they are: `transport` tells. */
        LoginReply: components["schemas"]["TokenPair"] | components["schemas"]["CookieSession"];
        /** @description Which sessions to end. */
        Logout: {
            /**
             * @description Which sessions end: `this` one unless given, all `others`, or `all`.
             * @example others
             * @enum {string}
             */
            scope?: "this" | "others" | "all";
        };
        /**
         * @description What one operation needs.
         * @example {
         *       "operation_id": "updatePost",
         *       "version": 1,
         *       "method": "PUT",
         *       "path": "/api/v1/posts/{id}",
         *       "access": "access_token",
         *       "roles": [
         *         "user",
         *         "moderator",
         *         "admin"
         *       ],
         *       "record": [
         *         "owner",
         *         "moderator",
         *         "admin"
         *       ],
         *       "scope": "posts:write",
         *       "fresh": false,
         *       "fresh_for_admins": false,
         *       "fresh_members": [],
         *       "restricted_parameters": []
         *     }
         */
        Operation: {
            /** @description The `operationId` in the document of its version. */
            operation_id: string;
            /** @description The version of the API. */
            version: number;
            /** @description The method. */
            method: string;
            /** @description The path, as in the document. */
            path: string;
            /**
             * @description The token that it needs; 401 when it is missing, not valid or of the other type. `none` takes no notice of a token, `optional` lets people in without one, `any_token` takes both types.
             * @enum {string}
             */
            access: "none" | "optional" | "access_token" | "refresh_token" | "any_token";
            /** @description The roles that may call it; 403 `insufficient_role` to others. Who needs no token needs no role. */
            roles: ("user" | "moderator" | "admin")[];
            /** @description Who may act on the record that it names: the owner (of an account: oneself), or whoever has that role. 403 to others: `not_owner`, or `insufficient_role` where not even the owner may. null when it does not matter whose the record is. */
            record: ("owner" | "moderator" | "admin")[] | null;
            /**
             * @description The scope that an API key needs; 403 `insufficient_scope` without it. null: no key can call it, or it needs nobody to be known.
             * @example posts:write
             */
            scope: string | null;
            /** @description Whether the session must be fresh; 403 `fresh_login_required` when it is not. An admin who deletes the account of someone else needs no fresh one, unless that is an admin, too. */
            fresh: boolean;
            /** @description Whether the session must be fresh when the record is the account of an admin, and not acted on as its owner: 403 `fresh_login_required` when it is not, `insufficient_scope` to any key. */
            fresh_for_admins: boolean;
            /** @description Members of the body that need a fresh session, likewise. */
            fresh_members: string[];
            /** @description Query parameters that only some roles may send; 403 `insufficient_role` to others, also to who needs no token. */
            restricted_parameters: components["schemas"]["RestrictedParameter"][];
        };
        /** @description Every operation of both versions. */
        OperationList: {
            data: components["schemas"]["Operation"][];
        };
        /**
         * @description Whose record it is.
         * @example {
         *       "id": 7,
         *       "username": "alice"
         *     }
         */
        Owner: {
            /**
             * @description The id of the user.
             * @example 42
             */
            id: number;
            /**
             * @description The name of the user.
             * @example alice
             */
            username: string;
        };
        /**
         * @description Where a page lies in its list.
         * @example {
         *       "limit": 20,
         *       "has_more": true,
         *       "next_cursor": "eGJ2cVgyUW9NNTlKLk1uUHlfT2xCY0RxVHJ2UjNfcXJ0OFh2WHg1dENGS1VrTWd2ZDlIc2gwMCBbIm5leHQiLCJhbGljZSIsN10",
         *       "prev_cursor": null
         *     }
         */
        Page: {
            /**
             * @description The most records that this page could hold.
             * @example 20
             */
            limit: number;
            /**
             * @description Whether a page follows.
             * @example true
             */
            has_more: boolean;
            /**
             * @description The `cursor` of the page that follows, null on the last one.
             * @example eGJ2cVgyUW9NNTlKLk1uUHlfT2xCY0RxVHJ2UjNfcXJ0OFh2WHg1dENGS1VrTWd2ZDlIc2gwMCBbIm5leHQiLCJhbGljZSIsN10
             */
            next_cursor: string | null;
            /**
             * @description The `cursor` of the page before, null on the first one.
             * @example null
             */
            prev_cursor: string | null;
            /**
             * @description How many records all pages hold, when `total=true` asks for it.
             * @example 1
             */
            total?: number;
        };
        /** @description A new password. */
        PasswordChange: {
            /**
             * Format: password
             * @description The password until now.
             * @example correct horse battery staple
             */
            current_password: string;
            /**
             * Format: password
             * @description The password from now on, by the same rules as at registration.
             * @example correct horse battery staple
             */
            new_password: string;
            /**
             * @description The one-time password of the second factor, or a recovery code; only where there is one. Spaces do not matter.
             * @example 492039
             */
            otp?: string;
            /**
             * @description What ends beside.
             * @example [
             *       "api_keys"
             *     ]
             */
            revoke?: "api_keys"[];
        };
        /** @description Whose password is forgotten. */
        PasswordForgotten: {
            /**
             * @description The address of the account.
             * @example alice@example.com
             */
            email: string;
        };
        /** @description A new password for whoever got the mail. */
        PasswordReset: {
            /**
             * @description The token of the mail: what follows `#` in its link.
             * @example mC3k0u8yVb5q2r7tXw1z4A6d9fGhJkLmNpQsRvTyUxE
             */
            token: string;
            /**
             * Format: password
             * @description The new password.
             * @example correct horse battery staple
             */
            new_password: string;
        };
        /** @description A post, which everyone may read. */
        Post: {
            /**
             * @description The id of the post.
             * @example 42
             */
            id: number;
            /**
             * @description The title. 1 to 200 characters; spaces around it are dropped.
             * @example Hello
             */
            title: string;
            /**
             * @description The text.
             * @example The first entry.
             */
            content: string;
            /**
             * @description What it is filed under.
             * @example general
             */
            category: string;
            user: components["schemas"]["Owner"];
            /**
             * Format: date-time
             * @description When it was written. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it last changed. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            updated_at: string;
        };
        /** @description Up to 100 operations on posts. */
        PostBulk: {
            /**
             * @description Whether all operations are undone when one fails. Else each that can be done is done.
             * @example false
             */
            atomic?: boolean;
            /** @description What to do, in this order. */
            operations: components["schemas"]["PostOperation"][];
        };
        /** @description A new post. */
        PostBulkCreate: {
            /**
             * @description A new post. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            op: "create";
            value: components["schemas"]["PostCreate"];
        };
        /** @description The end of a post. */
        PostBulkDelete: {
            /**
             * @description The end of a post. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            op: "delete";
            /**
             * @description Which post. Each may be named once.
             * @example 42
             */
            id: number;
            /**
             * @description Do it only if the post still has one of these entity tags, as in `If-Match`.
             * @example "p3.1-5f0c9b2e"
             */
            if_match?: string;
        };
        /** @description What became of one operation: `data` when there is a record now, `problem` when it failed. */
        PostBulkResult: {
            /**
             * @description The status that the operation would have had alone.
             * @example 201
             */
            status: number;
            /**
             * @description The entity tag of the record as it is now.
             * @example "p3.1-5f0c9b2e"
             */
            etag?: string;
            data?: components["schemas"]["Post"];
            problem?: components["schemas"]["Problem"];
        };
        /** @description What became of the operations of a bulk. */
        PostBulkResults: {
            /** @description What became of each operation, in their order. */
            results: components["schemas"]["PostBulkResult"][];
        };
        /** @description A change of a post. */
        PostBulkUpdate: {
            /**
             * @description A change of a post. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            op: "update";
            /**
             * @description Which post. Each may be named once.
             * @example 42
             */
            id: number;
            /**
             * @description Do it only if the post still has one of these entity tags, as in `If-Match`.
             * @example "p3.1-5f0c9b2e"
             */
            if_match?: string;
            value: components["schemas"]["PostPatch"];
        };
        /** @description A new post. */
        PostCreate: {
            /**
             * @description The title. 1 to 200 characters; spaces around it are dropped.
             * @example Hello
             */
            title: string;
            /**
             * @description The text.
             * @example The first entry.
             */
            content: string;
            /**
             * @description What to file it under, `general` unless given.
             * @example general
             */
            category?: string;
        };
        /**
         * @description Something that happened to a post. `data` is the post as it is now, if it is still there.
         * @example {
         *       "id": 1207,
         *       "type": "post.updated",
         *       "resource_id": 42,
         *       "at": "2026-11-20T16:33:06.902Z",
         *       "data": {
         *         "id": 42,
         *         "title": "Hello",
         *         "content": "The first entry.",
         *         "category": "general",
         *         "user": {
         *           "id": 7,
         *           "username": "alice"
         *         },
         *         "created_at": "2026-11-20T16:33:06.902Z",
         *         "updated_at": "2026-11-20T16:33:06.902Z"
         *       }
         *     }
         */
        PostEvent: {
            /**
             * @description The id of the event. Later events have higher ones.
             * @example 1207
             */
            id: number;
            /**
             * @description What happened. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            type: "post.created" | "post.updated" | "post.deleted";
            /**
             * @description The id of the post.
             * @example 42
             */
            resource_id: number;
            /**
             * Format: date-time
             * @description When it happened. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            at: string;
            data?: components["schemas"]["Post"];
        };
        /** @description One operation of a bulk: `op` tells which. */
        PostOperation: components["schemas"]["PostBulkCreate"] | components["schemas"]["PostBulkUpdate"] | components["schemas"]["PostBulkDelete"];
        /** @description One page of posts. */
        PostPage: {
            /** @description The records, in order. */
            data: components["schemas"]["ListedPost"][];
            page: components["schemas"]["Page"];
        };
        /** @description What to change of a post (RFC 7396): what is absent stays. */
        PostPatch: {
            /**
             * @description The title. 1 to 200 characters; spaces around it are dropped.
             * @example Hello
             */
            title?: string;
            /**
             * @description The text.
             * @example The first entry.
             */
            content?: string;
            /**
             * @description What to file it under.
             * @example general
             */
            category?: string;
        };
        /** @description Problem details (RFC 9457). */
        Problem: {
            /**
             * Format: uri-reference
             * @description The page that explains the problem.
             * @example /problems/not-found
             */
            type: string;
            /**
             * @description The reason phrase of the status.
             * @example Not Found
             */
            title: string;
            /**
             * @description The status.
             * @example 404
             */
            status: number;
            /**
             * @description What is wrong here.
             * @example User not found
             */
            detail: string;
            /**
             * Format: uri-reference
             * @description The path that was asked for.
             * @example /api/v2/users/42
             */
            instance: string;
            /**
             * @description The stable word of the cause. All of them are listed at `/problems`.
             * @example not_found
             */
            code: string;
            /**
             * @description The id of the request, as in `X-Request-Id`.
             * @example V1StGXR8_Z5jdHi6B-myTA
             */
            request_id: string;
            /**
             * @description How many rows of an import are not as they must be, the header among them.
             * @example 1
             */
            rejected?: number;
            /** @description Everything that is wrong with the input. */
            errors?: components["schemas"]["Violation"][];
        };
        /**
         * @description A provider of OpenID Connect.
         * @example {
         *       "name": "example",
         *       "label": "Example",
         *       "start_url": "https://api.example.com/api/v2/auth/providers/example/start"
         *     }
         */
        Provider: {
            /**
             * @description What its paths have in them.
             * @example example
             */
            name: string;
            /**
             * @description What a button says.
             * @example Example
             */
            label: string;
            /**
             * Format: uri
             * @description Where the browser goes, with `redirect_to` and `code_challenge`.
             * @example https://api.example.com/api/v2/auth/providers/example/start
             */
            start_url: string;
        };
        /** @description The providers that people can sign in with. */
        ProviderList: {
            /** @description At most 50. */
            data: components["schemas"]["Provider"][];
        };
        /** @description What a sign-in is finished with. */
        ProviderLogin: {
            /**
             * @description The `code` that `redirect_to` was given.
             * @example Wc2lGV5QmQxZ.3q2-7wRZ0yq6cN4y.qEJ2m1v8u0yHc5a1T9wJr6k3n0E.kQ2m1v8u0yHc5a1T9wJr6g
             */
            code: string;
            /**
             * @description The verifier that `code_challenge` was made of.
             * @example dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk
             */
            verifier: string;
            /**
             * @description The token of an invitation: what follows `#` in its link.
             * @example mC3k0u8yVb5q2r7tXw1z4A6d9fGhJkLmNpQsRvTyUxE
             */
            invitation?: string;
            /**
             * @description The one-time password of the second factor, or a recovery code; only where there is one. Spaces do not matter.
             * @example 492039
             */
            otp?: string;
            /**
             * @description Where the tokens go: `body` unless given, or cookies that no script can read.
             * @example body
             * @enum {string}
             */
            transport?: "body" | "cookie";
        };
        /** @description What shows that you are still who you were: the same as at a login. */
        Reauthentication: {
            /**
             * Format: password
             * @description The password of the account, without which nothing is shown.
             * @example correct horse battery staple
             */
            password?: string;
            /**
             * @description The one-time password of the second factor, or a recovery code; only where there is one. Spaces do not matter.
             * @example 492039
             */
            otp?: string;
        };
        /** @description What lets in whoever has lost the app. */
        RecoveryCodeSet: {
            /** @description Each is good once, wherever an `otp` is. They are shown this once. */
            recovery_codes: string[];
        };
        /** @description The refresh token to spend. */
        Refresh: {
            /**
             * @description The refresh token, when no cookie holds it.
             * @example eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl
             */
            refresh_token?: string;
        };
        /** @description A new account. */
        Registration: {
            /**
             * @description The name to log in with: 3 to 32 letters and digits of any script, `.`, `_` and `-`; unique, whatever its case.
             * @example alice
             */
            username: string;
            /**
             * Format: password
             * @description 8 to 128 characters of any kind. Common passwords are refused, and ones equal to the username or the email.
             * @example correct horse battery staple
             */
            password: string;
            /**
             * @description An email address: a name without quotes, an "@" and a host name, in Unicode or in ASCII. Until its owner confirms it, it is the `pending_email` of the account.
             * @example alice@example.com
             */
            email?: string;
            /**
             * @description The token of an invitation: what follows `#` in its link.
             * @example mC3k0u8yVb5q2r7tXw1z4A6d9fGhJkLmNpQsRvTyUxE
             */
            invitation?: string;
        };
        /**
         * @description Events are missing: the log does not reach back to the last one you had, or the database was restored since. Read anew what you keep; from here on nothing is missing.
         * @example {
         *       "id": 1207,
         *       "type": "reset",
         *       "at": "2026-11-20T16:33:06.902Z"
         *     }
         */
        ResetEvent: {
            /**
             * @description The id of the event. Later events have higher ones.
             * @example 1207
             */
            id: number;
            /**
             * @description The stream cannot be resumed where it broke off. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            type: "reset";
            /**
             * Format: date-time
             * @description When it happened. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            at: string;
        };
        /**
         * @description A query parameter that only some roles may send.
         * @example {
         *       "name": "role",
         *       "roles": [
         *         "admin"
         *       ]
         *     }
         */
        RestrictedParameter: {
            /** @description The name of the query parameter. */
            name: string;
            /** @description The roles that may send it. */
            roles: ("user" | "moderator" | "admin")[];
        };
        /**
         * @description What is wrong with a row.
         * @example {
         *       "line": 3,
         *       "code": "required",
         *       "detail": "title is required"
         *     }
         */
        RowFault: {
            /**
             * @description Where the row begins in the file, from 1 on; the header counts.
             * @example 3
             */
            line: number;
            /**
             * @description Which rule was broken.
             * @example required
             */
            code: string;
            /**
             * @description The same, as a sentence.
             * @example title is required
             */
            detail: string;
        };
        /**
         * @description A session of yours.
         * @example {
         *       "id": "Zt3vXc8mQ1uK5sNfPq2r7A",
         *       "created_at": "2026-11-20T16:33:06.902Z",
         *       "last_used_at": "2026-11-20T16:33:06.902Z",
         *       "expires_at": "2026-11-27T16:33:06.902Z",
         *       "ip": "192.0.2.7",
         *       "user_agent": "curl/8.5.0",
         *       "current": true
         *     }
         */
        Session: {
            /**
             * @description The id of the session.
             * @example Zt3vXc8mQ1uK5sNfPq2r7A
             */
            id: string;
            /**
             * Format: date-time
             * @description When it was opened. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it was last refreshed. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            last_used_at: string;
            /**
             * Format: date-time
             * @description When it ends if it is not refreshed before. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            expires_at: string;
            /**
             * @description The address that opened it.
             * @example 192.0.2.7
             */
            ip: string;
            /**
             * @description What opened it, as it says.
             * @example curl/8.5.0
             */
            user_agent: string | null;
            /**
             * @description Whether it is the one that asks.
             * @example true
             */
            current: boolean;
        };
        /** @description Your open sessions, the last used first. */
        SessionList: {
            /** @description At most 100. */
            data: components["schemas"]["Session"][];
        };
        /** @description A to-do, which nobody but its owner sees. */
        Todo: {
            /**
             * @description The id of the to-do.
             * @example 42
             */
            id: number;
            /**
             * @description What there is to do. 1 to 200 characters; spaces around it are dropped.
             * @example Water the plants
             */
            title: string;
            /**
             * @description More about it, or null.
             * @example The ones on the sill too.
             */
            description: string | null;
            /**
             * @description Whether it is done.
             * @example false
             */
            completed: boolean;
            /**
             * Format: date-time
             * @description When it was completed, null when it is not. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            completed_at: string | null;
            /**
             * Format: date-time
             * @description When it is due, null when at no time. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            due_at: string | null;
            /**
             * @description How urgent it is.
             * @example normal
             * @enum {string}
             */
            priority: "low" | "normal" | "high";
            /**
             * Format: date-time
             * @description When it was written. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it last changed. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            updated_at: string;
        };
        /** @description Up to 100 operations on to-dos. */
        TodoBulk: {
            /**
             * @description Whether all operations are undone when one fails. Else each that can be done is done.
             * @example false
             */
            atomic?: boolean;
            /** @description What to do, in this order. */
            operations: components["schemas"]["TodoOperation"][];
        };
        /** @description A new to-do. */
        TodoBulkCreate: {
            /**
             * @description A new to-do. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            op: "create";
            value: components["schemas"]["TodoCreate"];
        };
        /** @description The end of a to-do. */
        TodoBulkDelete: {
            /**
             * @description The end of a to-do. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            op: "delete";
            /**
             * @description Which to-do. Each may be named once.
             * @example 42
             */
            id: number;
            /**
             * @description Do it only if the to-do still has one of these entity tags, as in `If-Match`.
             * @example "t3-5f0c9b2e"
             */
            if_match?: string;
        };
        /** @description What became of one operation: `data` when there is a record now, `problem` when it failed. */
        TodoBulkResult: {
            /**
             * @description The status that the operation would have had alone.
             * @example 201
             */
            status: number;
            /**
             * @description The entity tag of the record as it is now.
             * @example "t3-5f0c9b2e"
             */
            etag?: string;
            data?: components["schemas"]["Todo"];
            problem?: components["schemas"]["Problem"];
        };
        /** @description What became of the operations of a bulk. */
        TodoBulkResults: {
            /** @description What became of each operation, in their order. */
            results: components["schemas"]["TodoBulkResult"][];
        };
        /** @description A change of a to-do. */
        TodoBulkUpdate: {
            /**
             * @description A change of a to-do. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            op: "update";
            /**
             * @description Which to-do. Each may be named once.
             * @example 42
             */
            id: number;
            /**
             * @description Do it only if the to-do still has one of these entity tags, as in `If-Match`.
             * @example "t3-5f0c9b2e"
             */
            if_match?: string;
            value: components["schemas"]["TodoPatch"];
        };
        /** @description A new to-do. */
        TodoCreate: {
            /**
             * @description What there is to do. 1 to 200 characters; spaces around it are dropped.
             * @example Water the plants
             */
            title: string;
            /**
             * @description More about it, or null.
             * @example The ones on the sill too.
             */
            description?: string | null;
            /**
             * @description Whether it is done.
             * @example false
             */
            completed?: boolean;
            /**
             * Format: date-time
             * @description When it is due (RFC 3339, any offset), or null.
             * @example 2026-11-27T17:00:00+01:00
             */
            due_at?: string | null;
            /**
             * @description How urgent it is, `normal` unless given.
             * @example normal
             * @enum {string}
             */
            priority?: "low" | "normal" | "high";
        };
        /**
         * @description Something that happened to one of your to-dos. `data` is the to-do as it is now, if it is still there.
         * @example {
         *       "id": 1207,
         *       "type": "todo.updated",
         *       "resource_id": 42,
         *       "at": "2026-11-20T16:33:06.902Z",
         *       "data": {
         *         "id": 42,
         *         "title": "Water the plants",
         *         "description": null,
         *         "completed": false,
         *         "completed_at": null,
         *         "due_at": "2026-11-27T16:00:00.000Z",
         *         "priority": "normal",
         *         "created_at": "2026-11-20T16:33:06.902Z",
         *         "updated_at": "2026-11-20T16:33:06.902Z"
         *       }
         *     }
         */
        TodoEvent: {
            /**
             * @description The id of the event. Later events have higher ones.
             * @example 1207
             */
            id: number;
            /**
             * @description What happened. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            type: "todo.created" | "todo.updated" | "todo.deleted";
            /**
             * @description The id of the todo.
             * @example 42
             */
            resource_id: number;
            /**
             * Format: date-time
             * @description When it happened. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            at: string;
            data?: components["schemas"]["Todo"];
        };
        /** @description One operation of a bulk: `op` tells which. */
        TodoOperation: components["schemas"]["TodoBulkCreate"] | components["schemas"]["TodoBulkUpdate"] | components["schemas"]["TodoBulkDelete"];
        /** @description One page of your to-dos. */
        TodoPage: {
            /** @description The records, in order. */
            data: components["schemas"]["ListedTodo"][];
            page: components["schemas"]["Page"];
        };
        /** @description What to change of a to-do (RFC 7396): what is absent stays, null clears. */
        TodoPatch: {
            /**
             * @description What there is to do. 1 to 200 characters; spaces around it are dropped.
             * @example Water the plants
             */
            title?: string;
            /**
             * @description More about it, or null.
             * @example The ones on the sill too.
             */
            description?: string | null;
            /**
             * @description Whether it is done.
             * @example false
             */
            completed?: boolean;
            /**
             * Format: date-time
             * @description When it is due (RFC 3339, any offset), or null.
             * @example 2026-11-27T17:00:00+01:00
             */
            due_at?: string | null;
            /**
             * @description How urgent it is.
             * @example normal
             * @enum {string}
             */
            priority?: "low" | "normal" | "high";
        };
        /** @description A token as data, form-encoded. */
        TokenForm: {
            /**
             * @description An access or a refresh token.
             * @example eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl
             */
            token: string;
            /**
             * @description Which of both it is. Not needed: the token says so itself.
             * @example access_token
             */
            token_type_hint?: string;
            /**
             * @description Taken because OAuth clients send it (RFC 6749, section 2.3.1), and not looked at.
             * @example reader
             */
            client_id?: string;
        };
        /**
         * @description The tokens of a session.
         * @example {
         *       "transport": "body",
         *       "access_token": "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl",
         *       "refresh_token": "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl",
         *       "token_type": "Bearer",
         *       "expires_in": 900,
         *       "refresh_expires_in": 604800,
         *       "session_id": "Zt3vXc8mQ1uK5sNfPq2r7A"
         *     }
         */
        TokenPair: {
            /**
             * @description The tokens are here. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            transport: "body";
            /** @description Send it as `Authorization: Bearer …`. */
            access_token: string;
            /** @description Good for one refresh, which gives the next one. */
            refresh_token: string;
            /**
             * @description How to send it.
             * @enum {string}
             */
            token_type: "Bearer";
            /**
             * @description Seconds until the access token expires.
             * @example 900
             */
            expires_in: number;
            /**
             * @description Seconds until the refresh token expires, if it is not used.
             * @example 604800
             */
            refresh_expires_in: number;
            /**
             * @description The session that both belong to.
             * @example Zt3vXc8mQ1uK5sNfPq2r7A
             */
            session_id: string;
        };
        /** @description Shows that the app has the secret. */
        TotpConfirmation: {
            /**
             * @description The code that the app shows now. Spaces do not matter.
             * @example 492039
             */
            otp: string;
        };
        /** @description A second factor that is not in force yet. */
        TotpOffer: {
            /**
             * @description The secret in base32, to type.
             * @example JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP
             */
            secret: string;
            /**
             * Format: uri
             * @description The same for an app to read.
             * @example otpauth://totp/Commonplace:alice?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Commonplace
             */
            otpauth_uri: string;
            /**
             * @description The URI as a QR code: an SVG image.
             * @example <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 41 41"></svg>
             */
            qr_svg: string;
        };
        /**
         * @description An address that the mail server refused for good: mails to it are not tried again.
         * @example {
         *       "address": "alice@example.com",
         *       "reply": "550 5.1.1 no such mailbox",
         *       "at": "2026-11-20T16:33:06.902Z"
         *     }
         */
        Undeliverable: {
            /**
             * @description The address that was refused.
             * @example alice@example.com
             */
            address: string;
            /**
             * @description What the mail server said.
             * @example 550 5.1.1 no such mailbox
             */
            reply: string;
            /**
             * Format: date-time
             * @description When it first said so. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            at: string;
        };
        /** @description What everyone may see of a user. Admins see the whole account. */
        User: {
            /**
             * @description The id of the user.
             * @example 42
             */
            id: number;
            /**
             * @description The name of the user.
             * @example alice
             */
            username: string;
            /**
             * Format: date-time
             * @description When the user registered. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            created_at: string;
            /**
             * @description The address of the account, null when it has none.
             * @example alice@example.com
             */
            email?: string | null;
            /**
             * @description An address that its owner has yet to confirm: nobody logs in with it.
             * @example alice@example.com
             */
            pending_email?: string | null;
            /** @description That no mail reaches one of the two addresses; null while none was refused, and again once the address has changed, is confirmed or takes a mail. */
            undeliverable?: components["schemas"]["Undeliverable"] | null;
            /**
             * @description The phone number of the account, null when it has none. E.164.
             * @example +4915112345678
             */
            phone?: string | null;
            /**
             * @description What the user may do beyond their own records.
             * @example user
             * @enum {string}
             */
            role?: "user" | "moderator" | "admin";
            /**
             * @description A suspended user cannot log in.
             * @example active
             * @enum {string}
             */
            status?: "active" | "suspended";
            /**
             * @description Whether the password is to be changed before anything else, as somebody else chose it.
             * @example false
             */
            must_change_password?: boolean;
            /**
             * Format: date-time
             * @description When the account last changed. RFC 3339, UTC, with milliseconds.
             * @example 2026-11-20T16:33:06.902Z
             */
            updated_at?: string;
        };
        /** @description An account that an admin makes. */
        UserCreate: {
            /**
             * @description The name to log in with: 3 to 32 letters and digits of any script, `.`, `_` and `-`; unique, whatever its case.
             * @example alice
             */
            username: string;
            /**
             * Format: password
             * @description What the user logs in with first.
             * @example correct horse battery staple
             */
            password: string;
            /**
             * @description An email address, kept as `pending_email` until its owner confirms it.
             * @example alice@example.com
             */
            email?: string;
            /**
             * @description A phone number. E.164.
             * @example +4915112345678
             */
            phone?: string;
            /**
             * @description The role, `user` unless given.
             * @example user
             * @enum {string}
             */
            role?: "user" | "moderator" | "admin";
            /**
             * @description Whether the password is to be changed before anything else: true unless given, where there is a new password.
             * @example true
             */
            must_change_password?: boolean;
        };
        /** @description One page of users. */
        UserPage: {
            /** @description The records, in order. */
            data: components["schemas"]["ListedUser"][];
            page: components["schemas"]["Page"];
        };
        /** @description What an admin changes of a user (RFC 7396). All but `status` needs a fresh session. */
        UserPatch: {
            /**
             * @description The new role, effective with the next request.
             * @example user
             * @enum {string}
             */
            role?: "user" | "moderator" | "admin";
            /**
             * @description `suspended` ends all sessions of the user at once.
             * @example active
             * @enum {string}
             */
            status?: "active" | "suspended";
            /**
             * @description The new address, kept as `pending_email` until its owner confirms it; null for none. Either way that of before ends at once.
             * @example alice@example.com
             */
            email?: string | null;
            /**
             * Format: password
             * @description A new password, which ends all sessions. Not of your own account.
             * @example correct horse battery staple
             */
            password?: string;
            /**
             * @description Whether the password is to be changed before anything else: true unless given, where there is a new password.
             * @example true
             */
            must_change_password?: boolean;
        };
        /**
         * @description One thing that is wrong with the input, in the body or in a parameter.
         * @example {
         *       "pointer": "#/title",
         *       "code": "too_long",
         *       "detail": "title must have at most 200 characters"
         *     }
         */
        Violation: {
            /**
             * @description Where in the body: a JSON pointer (RFC 6901) as a URI fragment.
             * @example #/title
             */
            pointer?: string;
            /**
             * @description Where the row begins in an imported file, from 1 on; the header counts.
             * @example 3
             */
            line?: number;
            /**
             * @description Where, when it is not in the body.
             * @example query
             * @enum {string}
             */
            in?: "query" | "path" | "header";
            /**
             * @description The name of the parameter, when it is not in the body.
             * @example limit
             */
            parameter?: string;
            /**
             * @description Which rule was broken.
             * @example too_long
             */
            code: string;
            /**
             * @description The same, as a sentence.
             * @example title must have at most 200 characters
             */
            detail: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    register: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "username": "alice",
                 *       "password": "correct horse battery staple",
                 *       "email": "alice@example.com"
                 *     }
                 */
                "application/json": components["schemas"]["Registration"];
            };
        };
        responses: {
            /** @description The new account. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 7,
                     *       "username": "alice",
                     *       "created_at": "2026-11-20T16:33:06.902Z",
                     *       "email": "alice@example.com",
                     *       "pending_email": null,
                     *       "undeliverable": null,
                     *       "phone": null,
                     *       "role": "user",
                     *       "status": "active",
                     *       "must_change_password": false,
                     *       "updated_at": "2026-11-20T16:33:06.902Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Account"];
                };
            };
        };
    };
    login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "identifier": "alice",
                 *       "password": "correct horse battery staple"
                 *     }
                 */
                "application/json": components["schemas"]["Login"];
            };
        };
        responses: {
            /** @description The session is open. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "transport": "body",
                     *       "access_token": "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl",
                     *       "refresh_token": "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl",
                     *       "token_type": "Bearer",
                     *       "expires_in": 900,
                     *       "refresh_expires_in": 604800,
                     *       "session_id": "Zt3vXc8mQ1uK5sNfPq2r7A"
                     *     }
                     */
                    "application/json": components["schemas"]["LoginReply"];
                };
            };
        };
    };
    refresh: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "refresh_token": "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl"
                 *     }
                 */
                "application/json": components["schemas"]["Refresh"];
            };
        };
        responses: {
            /** @description The next pair of tokens. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "transport": "body",
                     *       "access_token": "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl",
                     *       "refresh_token": "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl",
                     *       "token_type": "Bearer",
                     *       "expires_in": 900,
                     *       "refresh_expires_in": 604800,
                     *       "session_id": "Zt3vXc8mQ1uK5sNfPq2r7A"
                     *     }
                     */
                    "application/json": components["schemas"]["LoginReply"];
                };
            };
        };
    };
    getCsrfToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The token. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "csrf_token": "Wc2lGV5QmQxZ.3q2-7wRZ0yq6cN4yqEJ2m1v8u0yHc5a1T9wJr6k3n0E"
                     *     }
                     */
                    "application/json": components["schemas"]["CsrfTokenReply"];
                };
            };
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "scope": "others"
                 *     }
                 */
                "application/json": components["schemas"]["Logout"];
            };
        };
        responses: {
            /** @description Those sessions have ended. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    reauthenticate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "password": "correct horse battery staple"
                 *     }
                 */
                "application/json": components["schemas"]["Reauthentication"];
            };
        };
        responses: {
            /** @description The session is fresh. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "current_password": "correct horse battery staple",
                 *       "new_password": "a quieter place to write"
                 *     }
                 */
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description The new password is in force. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    verifyEmail: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "token": "mC3k0u8yVb5q2r7tXw1z4A6d9fGhJkLmNpQsRvTyUxE"
                 *     }
                 */
                "application/json": components["schemas"]["EmailVerification"];
            };
        };
        responses: {
            /** @description The address is confirmed. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    resendEmail: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description If there is an address to confirm, a mail is on its way. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    forgotPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "email": "alice@example.com"
                 *     }
                 */
                "application/json": components["schemas"]["PasswordForgotten"];
            };
        };
        responses: {
            /** @description If an account has this address, a mail is on its way. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    resetPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "token": "mC3k0u8yVb5q2r7tXw1z4A6d9fGhJkLmNpQsRvTyUxE",
                 *       "new_password": "a quiet place to write"
                 *     }
                 */
                "application/json": components["schemas"]["PasswordReset"];
            };
        };
        responses: {
            /** @description The new password is in force. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    introspectToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "token": "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl"
                 *     }
                 */
                "application/x-www-form-urlencoded": components["schemas"]["TokenForm"];
            };
        };
        responses: {
            /** @description What the token is. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "active": true,
                     *       "sub": "7",
                     *       "username": "alice",
                     *       "token_type": "access_token"
                     *     }
                     */
                    "application/json": components["schemas"]["Introspection"];
                };
            };
        };
    };
    revokeToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "token": "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl"
                 *     }
                 */
                "application/x-www-form-urlencoded": components["schemas"]["TokenForm"];
            };
        };
        responses: {
            /** @description It is not alive any more. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listApiKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Your keys. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": 42,
                     *           "name": "Nightly export",
                     *           "prefix": "cpk_mC3k0u8y",
                     *           "scopes": [
                     *             "todos:read"
                     *           ],
                     *           "created_at": "2026-11-20T16:33:06.902Z",
                     *           "expires_at": null,
                     *           "last_used_at": null
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ApiKeyList"];
                };
            };
        };
    };
    createApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Nightly export",
                 *       "scopes": [
                 *         "todos:read"
                 *       ],
                 *       "expires_at": "2027-11-20T00:00:00Z"
                 *     }
                 */
                "application/json": components["schemas"]["ApiKeyCreate"];
            };
        };
        responses: {
            /** @description The key, shown this once. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 42,
                     *       "name": "Nightly export",
                     *       "prefix": "cpk_mC3k0u8y",
                     *       "scopes": [
                     *         "todos:read"
                     *       ],
                     *       "created_at": "2026-11-20T16:33:06.902Z",
                     *       "expires_at": null,
                     *       "last_used_at": null,
                     *       "key": "cpk_mC3k0u8yVb5q2r7tXw1z4A6d9fGhJkLmNpQsRvTyUxE"
                     *     }
                     */
                    "application/json": components["schemas"]["IssuedApiKey"];
                };
            };
        };
    };
    deleteApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the API key.
                 * @example 42
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key is not good any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    beginTotp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The secret, shown this once. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
                     *       "otpauth_uri": "otpauth://totp/Commonplace:alice?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Commonplace",
                     *       "qr_svg": "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 41 41\"></svg>"
                     *     }
                     */
                    "application/json": components["schemas"]["TotpOffer"];
                };
            };
        };
    };
    deleteTotp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    confirmTotp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "otp": "492039"
                 *     }
                 */
                "application/json": components["schemas"]["TotpConfirmation"];
            };
        };
        responses: {
            /** @description The recovery codes, shown this once. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "recovery_codes": [
                     *         "k5xq-7d2m-r3ha-6wzn",
                     *         "k5xq-7d2m-r3ha-6wzn",
                     *         "k5xq-7d2m-r3ha-6wzn",
                     *         "k5xq-7d2m-r3ha-6wzn",
                     *         "k5xq-7d2m-r3ha-6wzn",
                     *         "k5xq-7d2m-r3ha-6wzn",
                     *         "k5xq-7d2m-r3ha-6wzn",
                     *         "k5xq-7d2m-r3ha-6wzn",
                     *         "k5xq-7d2m-r3ha-6wzn",
                     *         "k5xq-7d2m-r3ha-6wzn"
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["RecoveryCodeSet"];
                };
            };
        };
    };
    renewRecoveryCodes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The recovery codes, shown this once. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "recovery_codes": [
                     *         "k5xq-7d2m-r3ha-6wzn",
                     *         "k5xq-7d2m-r3ha-6wzn",
                     *         "k5xq-7d2m-r3ha-6wzn",
                     *         "k5xq-7d2m-r3ha-6wzn",
                     *         "k5xq-7d2m-r3ha-6wzn",
                     *         "k5xq-7d2m-r3ha-6wzn",
                     *         "k5xq-7d2m-r3ha-6wzn",
                     *         "k5xq-7d2m-r3ha-6wzn",
                     *         "k5xq-7d2m-r3ha-6wzn",
                     *         "k5xq-7d2m-r3ha-6wzn"
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["RecoveryCodeSet"];
                };
            };
        };
    };
    listProviders: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "name": "example",
                     *           "label": "Example",
                     *           "start_url": "https://api.example.com/api/v2/auth/providers/example/start"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ProviderList"];
                };
            };
        };
    };
    startSignIn: {
        parameters: {
            query: {
                /**
                 * @description The page that the browser comes back to: an URL of the own origin, of an origin that may call this API, or one that the server is set up for. No fragment.
                 * @example https://app.example.com/signed-in
                 */
                redirect_to: string;
                /**
                 * @description The S256 challenge of a verifier that the page keeps (RFC 7636): whoever has the code and not the verifier has nothing.
                 * @example E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM
                 */
                code_challenge: string;
                /**
                 * @description How the challenge was made: there is no other way.
                 * @example S256
                 */
                code_challenge_method?: "S256";
            };
            header?: never;
            path: {
                /**
                 * @description The name of the provider.
                 * @example example
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The browser goes to the provider. */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    finishSignIn: {
        parameters: {
            query?: {
                /**
                 * @description What was sent to the provider.
                 * @example x7Y
                 */
                state?: string;
                /**
                 * @description What the provider is asked with.
                 * @example SplxlOBeZQQYbYS6
                 */
                code?: string;
                /**
                 * @description Why there is no code.
                 * @example access_denied
                 */
                error?: string;
            };
            header?: never;
            path: {
                /**
                 * @description The name of the provider.
                 * @example example
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The browser goes on to the page that began. */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    loginByProvider: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The name of the provider.
                 * @example example
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "code": "Wc2lGV5QmQxZ.3q2-7wRZ0yq6cN4y.qEJ2m1v8u0yHc5a1T9wJr6k3n0E.kQ2m1v8u0yHc5a1T9wJr6g",
                 *       "verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
                 *     }
                 */
                "application/json": components["schemas"]["ProviderLogin"];
            };
        };
        responses: {
            /** @description The session is open. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "transport": "body",
                     *       "access_token": "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl",
                     *       "refresh_token": "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl",
                     *       "token_type": "Bearer",
                     *       "expires_in": 900,
                     *       "refresh_expires_in": 604800,
                     *       "session_id": "Zt3vXc8mQ1uK5sNfPq2r7A"
                     *     }
                     */
                    "application/json": components["schemas"]["LoginReply"];
                };
            };
        };
    };
    listIdentities: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Your identities. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": 42,
                     *           "provider": "example",
                     *           "email": "alice@example.com",
                     *           "created_at": "2026-11-20T16:33:06.902Z",
                     *           "last_used_at": "2026-11-20T16:33:06.902Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["IdentityList"];
                };
            };
        };
    };
    linkIdentity: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "code": "Wc2lGV5QmQxZ.3q2-7wRZ0yq6cN4y.qEJ2m1v8u0yHc5a1T9wJr6k3n0E.kQ2m1v8u0yHc5a1T9wJr6g",
                 *       "verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
                 *     }
                 */
                "application/json": components["schemas"]["IdentityLink"];
            };
        };
        responses: {
            /** @description It is linked. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 42,
                     *       "provider": "example",
                     *       "email": "alice@example.com",
                     *       "created_at": "2026-11-20T16:33:06.902Z",
                     *       "last_used_at": "2026-11-20T16:33:06.902Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Identity"];
                };
            };
        };
    };
    getIdentity: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the identity.
                 * @example 42
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The identity. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 42,
                     *       "provider": "example",
                     *       "email": "alice@example.com",
                     *       "created_at": "2026-11-20T16:33:06.902Z",
                     *       "last_used_at": "2026-11-20T16:33:06.902Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Identity"];
                };
            };
        };
    };
    deleteIdentity: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the identity.
                 * @example 42
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Your open sessions. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "Zt3vXc8mQ1uK5sNfPq2r7A",
                     *           "created_at": "2026-11-20T16:33:06.902Z",
                     *           "last_used_at": "2026-11-20T16:33:06.902Z",
                     *           "expires_at": "2026-11-27T16:33:06.902Z",
                     *           "ip": "192.0.2.7",
                     *           "user_agent": "curl/8.5.0",
                     *           "current": true
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["SessionList"];
                };
            };
        };
    };
    deleteSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the session.
                 * @example Zt3vXc8mQ1uK5sNfPq2r7A
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session has ended. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    createExport: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The link. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "url": "/api/v2/me/exports/mC3k0u8yVb5q2r7tXw1z4A6d9fGhJkLmNpQsRvTyUxE",
                     *       "expires_at": "2026-11-20T16:38:06.902Z"
                     *     }
                     */
                    "application/json": components["schemas"]["ArchiveLink"];
                };
            };
        };
    };
    getExport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The token of the link.
                 * @example mC3k0u8yVb5q2r7tXw1z4A6d9fGhJkLmNpQsRvTyUxE
                 */
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The archive. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /** @example PK… */
                    "application/zip": string | Blob;
                };
            };
        };
    };
    listActivity: {
        parameters: {
            query?: {
                /**
                 * @description The size of a page, 20 unless given. It may change from page to page.
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description A `next_cursor` or `prev_cursor` of the same list with the same sort and filters; the first page unless given.
                 * @example eGJ2cVgyUW9NNTlKLk1uUHlfT2xCY0RxVHJ2UjNfcXJ0OFh2WHg1dENGS1VrTWd2ZDlIc2gwMCBbIm5leHQiLCJhbGljZSIsN10
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": 42,
                     *           "created_at": "2026-11-20T16:33:06.902Z",
                     *           "action": "login",
                     *           "outcome": "success",
                     *           "actor_id": 7,
                     *           "target": {
                     *             "type": "user",
                     *             "id": "7"
                     *           },
                     *           "ip": "192.0.2.7",
                     *           "user_agent": "curl/8.5.0",
                     *           "request_id": "V1StGXR8_Z5jdHi6B-myTA",
                     *           "unfamiliar": false,
                     *           "detail": null,
                     *           "burst": false
                     *         }
                     *       ],
                     *       "page": {
                     *         "limit": 20,
                     *         "has_more": true,
                     *         "next_cursor": "eGJ2cVgyUW9NNTlKLk1uUHlfT2xCY0RxVHJ2UjNfcXJ0OFh2WHg1dENGS1VrTWd2ZDlIc2gwMCBbIm5leHQiLCJhbGljZSIsN10",
                     *         "prev_cursor": null
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["ActivityPage"];
                };
            };
        };
    };
    listInvitations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": 42,
                     *           "email": "alice@example.com",
                     *           "role": "user",
                     *           "mailed": true,
                     *           "created_by": 7,
                     *           "created_at": "2026-11-20T16:33:06.902Z",
                     *           "expires_at": "2026-11-27T16:33:06.902Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["InvitationList"];
                };
            };
        };
    };
    createInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "email": "alice@example.com",
                 *       "role": "user"
                 *     }
                 */
                "application/json": components["schemas"]["InvitationCreate"];
            };
        };
        responses: {
            /** @description The invitation, with its token if it was not mailed. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 42,
                     *       "email": null,
                     *       "role": "user",
                     *       "mailed": false,
                     *       "created_by": 7,
                     *       "created_at": "2026-11-20T16:33:06.902Z",
                     *       "expires_at": "2026-11-27T16:33:06.902Z",
                     *       "token": "mC3k0u8yVb5q2r7tXw1z4A6d9fGhJkLmNpQsRvTyUxE"
                     *     }
                     */
                    "application/json": components["schemas"]["IssuedInvitation"];
                };
            };
        };
    };
    deleteInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the invitation.
                 * @example 42
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is not good any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listUsers: {
        parameters: {
            query?: {
                /**
                 * @description The size of a page, 20 unless given. It may change from page to page.
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description A `next_cursor` or `prev_cursor` of the same list with the same sort and filters; the first page unless given.
                 * @example eGJ2cVgyUW9NNTlKLk1uUHlfT2xCY0RxVHJ2UjNfcXJ0OFh2WHg1dENGS1VrTWd2ZDlIc2gwMCBbIm5leHQiLCJhbGljZSIsN10
                 */
                cursor?: string;
                /**
                 * @description The order, `created_at:desc` unless given. Records that are equal in it are in the order of their ids. `relevance`, for searches alone, ranks the newest 1,000 hits, the best first; how they rank may change from page to page.
                 * @example created_at:desc
                 */
                sort?: "created_at:asc" | "created_at:desc" | "username:asc" | "username:desc" | "id:asc" | "id:desc" | "relevance";
                /**
                 * @description Only those in whose username all of these are found, at most 20: whole words and, where they have two characters and more, the words that begin so; words in double quotes follow each other. Accents and case make no difference, Chinese and Japanese are found by two adjacent characters, and no character has another meaning. What has no word in it finds nothing.
                 * @example ali
                 */
                q?: string;
                /**
                 * @description Whether to count the records of all pages, as `total` of `page`.
                 * @example true
                 */
                total?: boolean;
                /**
                 * @description The members that each record shall have, comma-separated; all unless given.
                 * @example [
                 *       "id",
                 *       "username"
                 *     ]
                 */
                fields?: ("id" | "username" | "created_at" | "email" | "pending_email" | "undeliverable" | "phone" | "role" | "status" | "must_change_password" | "updated_at")[];
                /**
                 * @description Only users who registered at this moment or later. RFC 3339.
                 * @example 2026-11-20T00:00:00Z
                 */
                created_after?: string;
                /**
                 * @description Only users who registered before this moment. RFC 3339.
                 * @example 2026-11-27T00:00:00Z
                 */
                created_before?: string;
                /**
                 * @description Only the user whose address this is, pending ones aside. For admins.
                 * @example alice@example.com
                 */
                email?: string;
                /**
                 * @description Only users with this role. For admins.
                 * @example user
                 */
                role?: "user" | "moderator" | "admin";
                /**
                 * @description Only users with this status. For admins.
                 * @example active
                 */
                status?: "active" | "suspended";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of users. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": 7,
                     *           "username": "alice",
                     *           "created_at": "2026-11-20T16:33:06.902Z"
                     *         }
                     *       ],
                     *       "page": {
                     *         "limit": 20,
                     *         "has_more": true,
                     *         "next_cursor": "eGJ2cVgyUW9NNTlKLk1uUHlfT2xCY0RxVHJ2UjNfcXJ0OFh2WHg1dENGS1VrTWd2ZDlIc2gwMCBbIm5leHQiLCJhbGljZSIsN10",
                     *         "prev_cursor": null
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["UserPage"];
                };
            };
        };
    };
    createUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "username": "alice",
                 *       "password": "correct horse battery staple",
                 *       "email": "alice@example.com"
                 *     }
                 */
                "application/json": components["schemas"]["UserCreate"];
            };
        };
        responses: {
            /** @description The new account. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 7,
                     *       "username": "alice",
                     *       "created_at": "2026-11-20T16:33:06.902Z",
                     *       "email": "alice@example.com",
                     *       "pending_email": null,
                     *       "undeliverable": null,
                     *       "phone": null,
                     *       "role": "user",
                     *       "status": "active",
                     *       "must_change_password": false,
                     *       "updated_at": "2026-11-20T16:33:06.902Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Account"];
                };
            };
        };
    };
    listAuditEvents: {
        parameters: {
            query?: {
                /**
                 * @description The size of a page, 20 unless given. It may change from page to page.
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description A `next_cursor` or `prev_cursor` of the same list with the same sort and filters; the first page unless given.
                 * @example eGJ2cVgyUW9NNTlKLk1uUHlfT2xCY0RxVHJ2UjNfcXJ0OFh2WHg1dENGS1VrTWd2ZDlIc2gwMCBbIm5leHQiLCJhbGljZSIsN10
                 */
                cursor?: string;
                /**
                 * @description The order, `created_at:desc` unless given. Records that are equal in it are in the order of their ids.
                 * @example created_at:desc
                 */
                sort?: "created_at:asc" | "created_at:desc" | "id:asc" | "id:desc";
                /**
                 * @description Whether to count the records of all pages, as `total` of `page`.
                 * @example true
                 */
                total?: boolean;
                /**
                 * @description The members that each record shall have, comma-separated; all unless given.
                 * @example [
                 *       "id",
                 *       "created_at"
                 *     ]
                 */
                fields?: ("id" | "created_at" | "action" | "outcome" | "actor_id" | "target" | "ip" | "user_agent" | "request_id" | "unfamiliar" | "detail" | "burst")[];
                /**
                 * @description Only what the user with this id did.
                 * @example 42
                 */
                actor_id?: number;
                /**
                 * @description Only this action.
                 * @example login
                 */
                action?: string;
                /**
                 * @description Only what was done to records of this kind.
                 * @example user
                 */
                target_type?: string;
                /**
                 * @description Only what was done to the record with this id. Needs `target_type`.
                 * @example 7
                 */
                target_id?: string;
                /**
                 * @description Only what ended like this.
                 * @example success
                 */
                outcome?: "success" | "failure" | "denied";
                /**
                 * @description Only what came from this address.
                 * @example 192.0.2.7
                 */
                ip?: string;
                /**
                 * @description Only what happened at this moment or later. RFC 3339.
                 * @example 2026-11-20T00:00:00Z
                 */
                created_after?: string;
                /**
                 * @description Only what happened before this moment. RFC 3339.
                 * @example 2026-11-27T00:00:00Z
                 */
                created_before?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": 42,
                     *           "created_at": "2026-11-20T16:33:06.902Z",
                     *           "action": "login",
                     *           "outcome": "success",
                     *           "actor_id": 7,
                     *           "target": {
                     *             "type": "user",
                     *             "id": "7"
                     *           },
                     *           "ip": "192.0.2.7",
                     *           "user_agent": "curl/8.5.0",
                     *           "request_id": "V1StGXR8_Z5jdHi6B-myTA",
                     *           "unfamiliar": false,
                     *           "detail": null,
                     *           "burst": false
                     *         }
                     *       ],
                     *       "page": {
                     *         "limit": 20,
                     *         "has_more": true,
                     *         "next_cursor": "eGJ2cVgyUW9NNTlKLk1uUHlfT2xCY0RxVHJ2UjNfcXJ0OFh2WHg1dENGS1VrTWd2ZDlIc2gwMCBbIm5leHQiLCJhbGljZSIsN10",
                     *         "prev_cursor": null
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["AuditEventPage"];
                };
            };
        };
    };
    listOperations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The operations. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "operation_id": "updatePost",
                     *           "version": 1,
                     *           "method": "PUT",
                     *           "path": "/api/v1/posts/{id}",
                     *           "access": "access_token",
                     *           "roles": [
                     *             "user",
                     *             "moderator",
                     *             "admin"
                     *           ],
                     *           "record": [
                     *             "owner",
                     *             "moderator",
                     *             "admin"
                     *           ],
                     *           "scope": "posts:write",
                     *           "fresh": false,
                     *           "fresh_for_admins": false,
                     *           "fresh_members": [],
                     *           "restricted_parameters": []
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["OperationList"];
                };
            };
        };
    };
    streamEvents: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The `id` of the last event that you have: the stream goes on behind it. Without, it begins now.
                 * @example 1207
                 */
                "last-event-id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /**
             * @description Events until one of you hangs up or the session ends. The schema is that of the `data` of each:
             *
             *     ```
             *     event: todo.updated
             *     id: 1207
             *     data: {"id":1207,"type":"todo.updated","resource_id":42,"at":"2026-11-20T16:33:06.902Z","data":{"id":42,"title":"Water the plants",…}}
             *     ```
             */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 1207,
                     *       "type": "todo.updated",
                     *       "resource_id": 42,
                     *       "at": "2026-11-20T16:33:06.902Z",
                     *       "data": {
                     *         "id": 42,
                     *         "title": "Water the plants",
                     *         "description": null,
                     *         "completed": false,
                     *         "completed_at": null,
                     *         "due_at": "2026-11-27T16:00:00.000Z",
                     *         "priority": "normal",
                     *         "created_at": "2026-11-20T16:33:06.902Z",
                     *         "updated_at": "2026-11-20T16:33:06.902Z"
                     *       }
                     *     }
                     */
                    "text/event-stream": components["schemas"]["Event"];
                };
            };
        };
    };
    exportTodos: {
        parameters: {
            query?: {
                /**
                 * @description `csv` (RFC 4180, the default) or `ndjson`, one JSON object in each line.
                 * @example csv
                 */
                format?: "csv" | "ndjson";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example id,title,description,completed,completed_at,due_at,priority,created_at,updated_at
                     *     42,"Water the plants",,false,,"2026-11-27T16:00:00.000Z","normal","2026-11-20T16:33:06.902Z","2026-11-20T16:33:06.902Z"
                     */
                    "text/csv": string | Blob;
                    /** @example {"id":42,"title":"Water the plants","description":null,"completed":false,"completed_at":null,"due_at":"2026-11-27T16:00:00.000Z","priority":"normal","created_at":"2026-11-20T16:33:06.902Z","updated_at":"2026-11-20T16:33:06.902Z"} */
                    "application/x-ndjson": string | Blob;
                };
            };
        };
    };
    exportBooks: {
        parameters: {
            query?: {
                /**
                 * @description `csv` (RFC 4180, the default) or `ndjson`, one JSON object in each line.
                 * @example csv
                 */
                format?: "csv" | "ndjson";
                /**
                 * @description Whether to export the whole catalogue, not only your books.
                 * @example true
                 */
                all?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example id,title,author,isbn,published_year,description,user_id,username,created_at,updated_at
                     *     42,"The Left Hand of Darkness","Ursula K. Le Guin","9780441478125",1969,,7,"alice","2026-11-20T16:33:06.902Z","2026-11-20T16:33:06.902Z"
                     */
                    "text/csv": string | Blob;
                    /** @example {"id":42,"title":"The Left Hand of Darkness","author":"Ursula K. Le Guin","isbn":"9780441478125","published_year":1969,"description":null,"user_id":7,"username":"alice","created_at":"2026-11-20T16:33:06.902Z","updated_at":"2026-11-20T16:33:06.902Z"} */
                    "application/x-ndjson": string | Blob;
                };
            };
        };
    };
    exportPosts: {
        parameters: {
            query?: {
                /**
                 * @description `csv` (RFC 4180, the default) or `ndjson`, one JSON object in each line.
                 * @example csv
                 */
                format?: "csv" | "ndjson";
                /**
                 * @description Whether to export the posts of everyone, not only yours.
                 * @example true
                 */
                all?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example id,title,content,category,user_id,username,created_at,updated_at
                     *     42,"Hello","The first entry.","general",7,"alice","2026-11-20T16:33:06.902Z","2026-11-20T16:33:06.902Z"
                     */
                    "text/csv": string | Blob;
                    /** @example {"id":42,"title":"Hello","content":"The first entry.","category":"general","user_id":7,"username":"alice","created_at":"2026-11-20T16:33:06.902Z","updated_at":"2026-11-20T16:33:06.902Z"} */
                    "application/x-ndjson": string | Blob;
                };
            };
        };
    };
    importTodos: {
        parameters: {
            query?: {
                /**
                 * @description What to do with a file that has bad rows: `reject` all of it (unless given), or `skip` those rows. A file with a wrong header, or in which nothing can be read from a row on, as behind a quote that is not closed, is refused in any case: what it was meant to hold is not known.
                 * @example skip
                 */
                on_error?: "reject" | "skip";
                /**
                 * @description Whether to find out what would happen, and write nothing.
                 * @example true
                 */
                dry_run?: boolean;
            };
            header?: {
                /**
                 * @description Makes the request safe to send again: within 24 hours the same key gets the same reply, and nothing happens twice. A random one for each thing that shall happen, bare or in quotes.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example title,description,completed,due_at,priority
                 *     Water the plants,The ones on the sill too.,false,2026-11-27T17:00:00+01:00,high
                 */
                "text/csv": string | Blob;
                /** @example {"title":"Water the plants","due_at":"2026-11-27T17:00:00+01:00"} */
                "application/x-ndjson": string | Blob;
            };
        };
        responses: {
            /** @description What would become of the file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "created": 2,
                     *       "rejected": 1,
                     *       "errors": [
                     *         {
                     *           "line": 3,
                     *           "code": "required",
                     *           "detail": "title is required"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ImportResult"];
                };
            };
            /** @description What became of the file. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "created": 2,
                     *       "rejected": 1,
                     *       "errors": [
                     *         {
                     *           "line": 3,
                     *           "code": "required",
                     *           "detail": "title is required"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ImportResult"];
                };
            };
        };
    };
    importBooks: {
        parameters: {
            query?: {
                /**
                 * @description What to do with a file that has bad rows: `reject` all of it (unless given), or `skip` those rows. A file with a wrong header, or in which nothing can be read from a row on, as behind a quote that is not closed, is refused in any case: what it was meant to hold is not known.
                 * @example skip
                 */
                on_error?: "reject" | "skip";
                /**
                 * @description Whether to find out what would happen, and write nothing.
                 * @example true
                 */
                dry_run?: boolean;
            };
            header?: {
                /**
                 * @description Makes the request safe to send again: within 24 hours the same key gets the same reply, and nothing happens twice. A random one for each thing that shall happen, bare or in quotes.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example title,author,isbn,published_year,description
                 *     The Left Hand of Darkness,Ursula K. Le Guin,0-441-47812-3,1969,
                 */
                "text/csv": string | Blob;
                /** @example {"title":"Walden","author":"Henry David Thoreau","published_year":1854} */
                "application/x-ndjson": string | Blob;
            };
        };
        responses: {
            /** @description What would become of the file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "created": 2,
                     *       "rejected": 1,
                     *       "errors": [
                     *         {
                     *           "line": 3,
                     *           "code": "required",
                     *           "detail": "title is required"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ImportResult"];
                };
            };
            /** @description What became of the file. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "created": 2,
                     *       "rejected": 1,
                     *       "errors": [
                     *         {
                     *           "line": 3,
                     *           "code": "required",
                     *           "detail": "title is required"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ImportResult"];
                };
            };
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Answer 304 without a body if the record still has one of these entity tags.
                 * @example "a3-5f0c9b2e"
                 */
                "if-none-match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Your account. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 7,
                     *       "username": "alice",
                     *       "created_at": "2026-11-20T16:33:06.902Z",
                     *       "email": "alice@example.com",
                     *       "pending_email": null,
                     *       "undeliverable": null,
                     *       "phone": null,
                     *       "role": "user",
                     *       "status": "active",
                     *       "must_change_password": false,
                     *       "updated_at": "2026-11-20T16:33:06.902Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description You have this state already. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    deleteMe: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Proceed only if the record still has one of these entity tags, else 412. `*` is any.
                 * @example "a3-5f0c9b2e"
                 */
                "if-match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The account is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    updateMe: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Proceed only if the record still has one of these entity tags, else 412. `*` is any.
                 * @example "a3-5f0c9b2e"
                 */
                "if-match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "username": "alice.b",
                 *       "phone": null
                 *     }
                 */
                "application/merge-patch+json": components["schemas"]["AccountPatch"];
                /**
                 * @example {
                 *       "username": "alice.b",
                 *       "phone": null
                 *     }
                 */
                "application/json": components["schemas"]["AccountPatch"];
            };
        };
        responses: {
            /** @description The account as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 7,
                     *       "username": "alice",
                     *       "created_at": "2026-11-20T16:33:06.902Z",
                     *       "email": "alice@example.com",
                     *       "pending_email": null,
                     *       "undeliverable": null,
                     *       "phone": null,
                     *       "role": "user",
                     *       "status": "active",
                     *       "must_change_password": false,
                     *       "updated_at": "2026-11-20T16:33:06.902Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Account"];
                };
            };
        };
    };
    listPosts: {
        parameters: {
            query?: {
                /**
                 * @description The size of a page, 20 unless given. It may change from page to page.
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description A `next_cursor` or `prev_cursor` of the same list with the same sort and filters; the first page unless given.
                 * @example eGJ2cVgyUW9NNTlKLk1uUHlfT2xCY0RxVHJ2UjNfcXJ0OFh2WHg1dENGS1VrTWd2ZDlIc2gwMCBbIm5leHQiLCJhbGljZSIsN10
                 */
                cursor?: string;
                /**
                 * @description The order, `created_at:desc` unless given. Records that are equal in it are in the order of their ids. `relevance`, for searches alone, ranks the newest 1,000 hits, the best first; how they rank may change from page to page.
                 * @example created_at:desc
                 */
                sort?: "created_at:asc" | "created_at:desc" | "updated_at:asc" | "updated_at:desc" | "title:asc" | "title:desc" | "id:asc" | "id:desc" | "relevance";
                /**
                 * @description Only those in whose title or content all of these are found, at most 20: whole words and, where they have two characters and more, the words that begin so; words in double quotes follow each other. Accents and case make no difference, Chinese and Japanese are found by two adjacent characters, and no character has another meaning. What has no word in it finds nothing.
                 * @example read "commonplace book"
                 */
                q?: string;
                /**
                 * @description Whether to count the records of all pages, as `total` of `page`.
                 * @example true
                 */
                total?: boolean;
                /**
                 * @description The members that each record shall have, comma-separated; all unless given.
                 * @example [
                 *       "id",
                 *       "title"
                 *     ]
                 */
                fields?: ("id" | "title" | "content" | "category" | "user" | "created_at" | "updated_at")[];
                /**
                 * @description Only posts of this user.
                 * @example 42
                 */
                user_id?: number;
                /**
                 * @description Only posts that are filed under this.
                 * @example general
                 */
                category?: string;
                /**
                 * @description Only posts that were written at this moment or later. RFC 3339.
                 * @example 2026-11-20T00:00:00Z
                 */
                created_after?: string;
                /**
                 * @description Only posts that were written before it. RFC 3339.
                 * @example 2026-11-27T00:00:00Z
                 */
                created_before?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of posts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": 42,
                     *           "title": "Hello",
                     *           "content": "The first entry.",
                     *           "category": "general",
                     *           "user": {
                     *             "id": 7,
                     *             "username": "alice"
                     *           },
                     *           "created_at": "2026-11-20T16:33:06.902Z",
                     *           "updated_at": "2026-11-20T16:33:06.902Z"
                     *         }
                     *       ],
                     *       "page": {
                     *         "limit": 20,
                     *         "has_more": true,
                     *         "next_cursor": "eGJ2cVgyUW9NNTlKLk1uUHlfT2xCY0RxVHJ2UjNfcXJ0OFh2WHg1dENGS1VrTWd2ZDlIc2gwMCBbIm5leHQiLCJhbGljZSIsN10",
                     *         "prev_cursor": null
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["PostPage"];
                };
            };
        };
    };
    createPost: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Makes the request safe to send again: within 24 hours the same key gets the same reply, and nothing happens twice. A random one for each thing that shall happen, bare or in quotes.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "title": "Hello",
                 *       "content": "The first entry.",
                 *       "category": "general"
                 *     }
                 */
                "application/json": components["schemas"]["PostCreate"];
            };
        };
        responses: {
            /** @description The new post. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 42,
                     *       "title": "Hello",
                     *       "content": "The first entry.",
                     *       "category": "general",
                     *       "user": {
                     *         "id": 7,
                     *         "username": "alice"
                     *       },
                     *       "created_at": "2026-11-20T16:33:06.902Z",
                     *       "updated_at": "2026-11-20T16:33:06.902Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Post"];
                };
            };
        };
    };
    getPost: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Answer 304 without a body if the record still has one of these entity tags.
                 * @example "a3-5f0c9b2e"
                 */
                "if-none-match"?: string;
            };
            path: {
                /**
                 * @description The id of the post.
                 * @example 42
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The post. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 42,
                     *       "title": "Hello",
                     *       "content": "The first entry.",
                     *       "category": "general",
                     *       "user": {
                     *         "id": 7,
                     *         "username": "alice"
                     *       },
                     *       "created_at": "2026-11-20T16:33:06.902Z",
                     *       "updated_at": "2026-11-20T16:33:06.902Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Post"];
                };
            };
            /** @description You have this state already. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    deletePost: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Proceed only if the record still has one of these entity tags, else 412. `*` is any.
                 * @example "a3-5f0c9b2e"
                 */
                "if-match"?: string;
            };
            path: {
                /**
                 * @description The id of the post.
                 * @example 42
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The post is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    updatePost: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Proceed only if the record still has one of these entity tags, else 412. `*` is any.
                 * @example "a3-5f0c9b2e"
                 */
                "if-match"?: string;
            };
            path: {
                /**
                 * @description The id of the post.
                 * @example 42
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "title": "Hello again"
                 *     }
                 */
                "application/merge-patch+json": components["schemas"]["PostPatch"];
                /**
                 * @example {
                 *       "title": "Hello again"
                 *     }
                 */
                "application/json": components["schemas"]["PostPatch"];
            };
        };
        responses: {
            /** @description The post as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 42,
                     *       "title": "Hello",
                     *       "content": "The first entry.",
                     *       "category": "general",
                     *       "user": {
                     *         "id": 7,
                     *         "username": "alice"
                     *       },
                     *       "created_at": "2026-11-20T16:33:06.902Z",
                     *       "updated_at": "2026-11-20T16:33:06.902Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Post"];
                };
            };
        };
    };
    bulkPosts: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Makes the request safe to send again: within 24 hours the same key gets the same reply, and nothing happens twice. A random one for each thing that shall happen, bare or in quotes.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "atomic": false,
                 *       "operations": [
                 *         {
                 *           "op": "create",
                 *           "value": {
                 *             "title": "Hello",
                 *             "content": "The first entry.",
                 *             "category": "general"
                 *           }
                 *         },
                 *         {
                 *           "op": "update",
                 *           "id": 42,
                 *           "if_match": "\"p3.1-5f0c9b2e\"",
                 *           "value": {
                 *             "title": "Hello again"
                 *           }
                 *         },
                 *         {
                 *           "op": "delete",
                 *           "id": 43
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["PostBulk"];
            };
        };
        responses: {
            /** @description What became of each operation. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "results": [
                     *         {
                     *           "status": 201,
                     *           "etag": "\"p3.1-5f0c9b2e\"",
                     *           "data": {
                     *             "id": 42,
                     *             "title": "Hello",
                     *             "content": "The first entry.",
                     *             "category": "general",
                     *             "user": {
                     *               "id": 7,
                     *               "username": "alice"
                     *             },
                     *             "created_at": "2026-11-20T16:33:06.902Z",
                     *             "updated_at": "2026-11-20T16:33:06.902Z"
                     *           }
                     *         },
                     *         {
                     *           "status": 204
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["PostBulkResults"];
                };
            };
        };
    };
    listTodos: {
        parameters: {
            query?: {
                /**
                 * @description The size of a page, 20 unless given. It may change from page to page.
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description A `next_cursor` or `prev_cursor` of the same list with the same sort and filters; the first page unless given.
                 * @example eGJ2cVgyUW9NNTlKLk1uUHlfT2xCY0RxVHJ2UjNfcXJ0OFh2WHg1dENGS1VrTWd2ZDlIc2gwMCBbIm5leHQiLCJhbGljZSIsN10
                 */
                cursor?: string;
                /**
                 * @description The order, `created_at:desc` unless given. Records that are equal in it are in the order of their ids. `relevance`, for searches alone, ranks the newest 1,000 hits, the best first; how they rank may change from page to page.
                 * @example created_at:desc
                 */
                sort?: "created_at:asc" | "created_at:desc" | "due_at:asc" | "due_at:desc" | "priority:asc" | "priority:desc" | "title:asc" | "title:desc" | "id:asc" | "id:desc" | "relevance";
                /**
                 * @description Only those in whose title or description all of these are found, at most 20: whole words and, where they have two characters and more, the words that begin so; words in double quotes follow each other. Accents and case make no difference, Chinese and Japanese are found by two adjacent characters, and no character has another meaning. What has no word in it finds nothing.
                 * @example water plants
                 */
                q?: string;
                /**
                 * @description Whether to count the records of all pages, as `total` of `page`.
                 * @example true
                 */
                total?: boolean;
                /**
                 * @description The members that each record shall have, comma-separated; all unless given.
                 * @example [
                 *       "id",
                 *       "title"
                 *     ]
                 */
                fields?: ("id" | "title" | "description" | "completed" | "completed_at" | "due_at" | "priority" | "created_at" | "updated_at")[];
                /**
                 * @description Only those that are done, or are not.
                 * @example false
                 */
                completed?: boolean;
                /**
                 * @description Only those of this priority.
                 * @example normal
                 */
                priority?: "low" | "normal" | "high";
                /**
                 * @description Only those that are due at this moment or later. RFC 3339.
                 * @example 2026-11-20T00:00:00Z
                 */
                due_after?: string;
                /**
                 * @description Only those that are due before it. RFC 3339.
                 * @example 2026-11-27T00:00:00Z
                 */
                due_before?: string;
                /**
                 * @description Only those that are due and not done, or all others.
                 * @example true
                 */
                overdue?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of your to-dos. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": 42,
                     *           "title": "Water the plants",
                     *           "description": null,
                     *           "completed": false,
                     *           "completed_at": null,
                     *           "due_at": "2026-11-27T16:00:00.000Z",
                     *           "priority": "normal",
                     *           "created_at": "2026-11-20T16:33:06.902Z",
                     *           "updated_at": "2026-11-20T16:33:06.902Z"
                     *         }
                     *       ],
                     *       "page": {
                     *         "limit": 20,
                     *         "has_more": true,
                     *         "next_cursor": "eGJ2cVgyUW9NNTlKLk1uUHlfT2xCY0RxVHJ2UjNfcXJ0OFh2WHg1dENGS1VrTWd2ZDlIc2gwMCBbIm5leHQiLCJhbGljZSIsN10",
                     *         "prev_cursor": null
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["TodoPage"];
                };
            };
        };
    };
    createTodo: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Makes the request safe to send again: within 24 hours the same key gets the same reply, and nothing happens twice. A random one for each thing that shall happen, bare or in quotes.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "title": "Water the plants",
                 *       "due_at": "2026-11-27T17:00:00+01:00"
                 *     }
                 */
                "application/json": components["schemas"]["TodoCreate"];
            };
        };
        responses: {
            /** @description The new to-do. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 42,
                     *       "title": "Water the plants",
                     *       "description": null,
                     *       "completed": false,
                     *       "completed_at": null,
                     *       "due_at": "2026-11-27T16:00:00.000Z",
                     *       "priority": "normal",
                     *       "created_at": "2026-11-20T16:33:06.902Z",
                     *       "updated_at": "2026-11-20T16:33:06.902Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Todo"];
                };
            };
        };
    };
    getTodo: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Answer 304 without a body if the record still has one of these entity tags.
                 * @example "a3-5f0c9b2e"
                 */
                "if-none-match"?: string;
            };
            path: {
                /**
                 * @description The id of the to-do.
                 * @example 42
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The to-do. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 42,
                     *       "title": "Water the plants",
                     *       "description": null,
                     *       "completed": false,
                     *       "completed_at": null,
                     *       "due_at": "2026-11-27T16:00:00.000Z",
                     *       "priority": "normal",
                     *       "created_at": "2026-11-20T16:33:06.902Z",
                     *       "updated_at": "2026-11-20T16:33:06.902Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Todo"];
                };
            };
            /** @description You have this state already. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    deleteTodo: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Proceed only if the record still has one of these entity tags, else 412. `*` is any.
                 * @example "a3-5f0c9b2e"
                 */
                "if-match"?: string;
            };
            path: {
                /**
                 * @description The id of the to-do.
                 * @example 42
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The to-do is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    updateTodo: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Proceed only if the record still has one of these entity tags, else 412. `*` is any.
                 * @example "a3-5f0c9b2e"
                 */
                "if-match"?: string;
            };
            path: {
                /**
                 * @description The id of the to-do.
                 * @example 42
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "completed": true
                 *     }
                 */
                "application/merge-patch+json": components["schemas"]["TodoPatch"];
                /**
                 * @example {
                 *       "completed": true
                 *     }
                 */
                "application/json": components["schemas"]["TodoPatch"];
            };
        };
        responses: {
            /** @description The to-do as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 42,
                     *       "title": "Water the plants",
                     *       "description": null,
                     *       "completed": false,
                     *       "completed_at": null,
                     *       "due_at": "2026-11-27T16:00:00.000Z",
                     *       "priority": "normal",
                     *       "created_at": "2026-11-20T16:33:06.902Z",
                     *       "updated_at": "2026-11-20T16:33:06.902Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Todo"];
                };
            };
        };
    };
    bulkTodos: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Makes the request safe to send again: within 24 hours the same key gets the same reply, and nothing happens twice. A random one for each thing that shall happen, bare or in quotes.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "atomic": false,
                 *       "operations": [
                 *         {
                 *           "op": "create",
                 *           "value": {
                 *             "title": "Water the plants",
                 *             "due_at": "2026-11-27T17:00:00+01:00"
                 *           }
                 *         },
                 *         {
                 *           "op": "update",
                 *           "id": 42,
                 *           "if_match": "\"t3-5f0c9b2e\"",
                 *           "value": {
                 *             "completed": true
                 *           }
                 *         },
                 *         {
                 *           "op": "delete",
                 *           "id": 43
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["TodoBulk"];
            };
        };
        responses: {
            /** @description What became of each operation. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "results": [
                     *         {
                     *           "status": 201,
                     *           "etag": "\"t3-5f0c9b2e\"",
                     *           "data": {
                     *             "id": 42,
                     *             "title": "Water the plants",
                     *             "description": null,
                     *             "completed": false,
                     *             "completed_at": null,
                     *             "due_at": "2026-11-27T16:00:00.000Z",
                     *             "priority": "normal",
                     *             "created_at": "2026-11-20T16:33:06.902Z",
                     *             "updated_at": "2026-11-20T16:33:06.902Z"
                     *           }
                     *         },
                     *         {
                     *           "status": 204
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["TodoBulkResults"];
                };
            };
        };
    };
    listBooks: {
        parameters: {
            query?: {
                /**
                 * @description The size of a page, 20 unless given. It may change from page to page.
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description A `next_cursor` or `prev_cursor` of the same list with the same sort and filters; the first page unless given.
                 * @example eGJ2cVgyUW9NNTlKLk1uUHlfT2xCY0RxVHJ2UjNfcXJ0OFh2WHg1dENGS1VrTWd2ZDlIc2gwMCBbIm5leHQiLCJhbGljZSIsN10
                 */
                cursor?: string;
                /**
                 * @description The order, `created_at:desc` unless given. Records that are equal in it are in the order of their ids. `relevance`, for searches alone, ranks the newest 1,000 hits, the best first; how they rank may change from page to page.
                 * @example created_at:desc
                 */
                sort?: "created_at:asc" | "created_at:desc" | "title:asc" | "title:desc" | "author:asc" | "author:desc" | "published_year:asc" | "published_year:desc" | "id:asc" | "id:desc" | "relevance";
                /**
                 * @description Only those in whose title, author or description all of these are found, at most 20: whole words and, where they have two characters and more, the words that begin so; words in double quotes follow each other. Accents and case make no difference, Chinese and Japanese are found by two adjacent characters, and no character has another meaning. What has no word in it finds nothing.
                 * @example le guin
                 */
                q?: string;
                /**
                 * @description Whether to count the records of all pages, as `total` of `page`.
                 * @example true
                 */
                total?: boolean;
                /**
                 * @description The members that each record shall have, comma-separated; all unless given.
                 * @example [
                 *       "id",
                 *       "title"
                 *     ]
                 */
                fields?: ("id" | "title" | "author" | "isbn" | "published_year" | "description" | "user" | "created_at" | "updated_at")[];
                /**
                 * @description Only books that this user added.
                 * @example 42
                 */
                user_id?: number;
                /**
                 * @description Only books by this author, whatever the case. 1 to 200 characters; spaces around it are dropped.
                 * @example Ursula K. Le Guin
                 */
                author?: string;
                /**
                 * @description Only books with this ISBN, of either length.
                 * @example 0-441-47812-3
                 */
                isbn?: string;
                /**
                 * @description Only books of this year or later.
                 * @example 1969
                 */
                year_from?: number;
                /**
                 * @description Only books of this year or earlier.
                 * @example 1969
                 */
                year_to?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of books. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": 42,
                     *           "title": "The Left Hand of Darkness",
                     *           "author": "Ursula K. Le Guin",
                     *           "isbn": "9780441478125",
                     *           "published_year": 1969,
                     *           "description": null,
                     *           "user": {
                     *             "id": 7,
                     *             "username": "alice"
                     *           },
                     *           "created_at": "2026-11-20T16:33:06.902Z",
                     *           "updated_at": "2026-11-20T16:33:06.902Z"
                     *         }
                     *       ],
                     *       "page": {
                     *         "limit": 20,
                     *         "has_more": true,
                     *         "next_cursor": "eGJ2cVgyUW9NNTlKLk1uUHlfT2xCY0RxVHJ2UjNfcXJ0OFh2WHg1dENGS1VrTWd2ZDlIc2gwMCBbIm5leHQiLCJhbGljZSIsN10",
                     *         "prev_cursor": null
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["BookPage"];
                };
            };
        };
    };
    createBook: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Makes the request safe to send again: within 24 hours the same key gets the same reply, and nothing happens twice. A random one for each thing that shall happen, bare or in quotes.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "title": "The Left Hand of Darkness",
                 *       "author": "Ursula K. Le Guin",
                 *       "isbn": "0-441-47812-3",
                 *       "published_year": 1969
                 *     }
                 */
                "application/json": components["schemas"]["BookCreate"];
            };
        };
        responses: {
            /** @description The new book. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 42,
                     *       "title": "The Left Hand of Darkness",
                     *       "author": "Ursula K. Le Guin",
                     *       "isbn": "9780441478125",
                     *       "published_year": 1969,
                     *       "description": null,
                     *       "user": {
                     *         "id": 7,
                     *         "username": "alice"
                     *       },
                     *       "created_at": "2026-11-20T16:33:06.902Z",
                     *       "updated_at": "2026-11-20T16:33:06.902Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Book"];
                };
            };
        };
    };
    getBook: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Answer 304 without a body if the record still has one of these entity tags.
                 * @example "a3-5f0c9b2e"
                 */
                "if-none-match"?: string;
            };
            path: {
                /**
                 * @description The id of the book.
                 * @example 42
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The book. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 42,
                     *       "title": "The Left Hand of Darkness",
                     *       "author": "Ursula K. Le Guin",
                     *       "isbn": "9780441478125",
                     *       "published_year": 1969,
                     *       "description": null,
                     *       "user": {
                     *         "id": 7,
                     *         "username": "alice"
                     *       },
                     *       "created_at": "2026-11-20T16:33:06.902Z",
                     *       "updated_at": "2026-11-20T16:33:06.902Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Book"];
                };
            };
            /** @description You have this state already. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    deleteBook: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Proceed only if the record still has one of these entity tags, else 412. `*` is any.
                 * @example "a3-5f0c9b2e"
                 */
                "if-match"?: string;
            };
            path: {
                /**
                 * @description The id of the book.
                 * @example 42
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The book is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    updateBook: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Proceed only if the record still has one of these entity tags, else 412. `*` is any.
                 * @example "a3-5f0c9b2e"
                 */
                "if-match"?: string;
            };
            path: {
                /**
                 * @description The id of the book.
                 * @example 42
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "published_year": 1969
                 *     }
                 */
                "application/merge-patch+json": components["schemas"]["BookPatch"];
                /**
                 * @example {
                 *       "published_year": 1969
                 *     }
                 */
                "application/json": components["schemas"]["BookPatch"];
            };
        };
        responses: {
            /** @description The book as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 42,
                     *       "title": "The Left Hand of Darkness",
                     *       "author": "Ursula K. Le Guin",
                     *       "isbn": "9780441478125",
                     *       "published_year": 1969,
                     *       "description": null,
                     *       "user": {
                     *         "id": 7,
                     *         "username": "alice"
                     *       },
                     *       "created_at": "2026-11-20T16:33:06.902Z",
                     *       "updated_at": "2026-11-20T16:33:06.902Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Book"];
                };
            };
        };
    };
    bulkBooks: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Makes the request safe to send again: within 24 hours the same key gets the same reply, and nothing happens twice. A random one for each thing that shall happen, bare or in quotes.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "atomic": false,
                 *       "operations": [
                 *         {
                 *           "op": "create",
                 *           "value": {
                 *             "title": "The Left Hand of Darkness",
                 *             "author": "Ursula K. Le Guin",
                 *             "isbn": "0-441-47812-3",
                 *             "published_year": 1969
                 *           }
                 *         },
                 *         {
                 *           "op": "update",
                 *           "id": 42,
                 *           "if_match": "\"b3.1-5f0c9b2e\"",
                 *           "value": {
                 *             "published_year": 1969
                 *           }
                 *         },
                 *         {
                 *           "op": "delete",
                 *           "id": 43
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["BookBulk"];
            };
        };
        responses: {
            /** @description What became of each operation. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "results": [
                     *         {
                     *           "status": 201,
                     *           "etag": "\"b3.1-5f0c9b2e\"",
                     *           "data": {
                     *             "id": 42,
                     *             "title": "The Left Hand of Darkness",
                     *             "author": "Ursula K. Le Guin",
                     *             "isbn": "9780441478125",
                     *             "published_year": 1969,
                     *             "description": null,
                     *             "user": {
                     *               "id": 7,
                     *               "username": "alice"
                     *             },
                     *             "created_at": "2026-11-20T16:33:06.902Z",
                     *             "updated_at": "2026-11-20T16:33:06.902Z"
                     *           }
                     *         },
                     *         {
                     *           "status": 204
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["BookBulkResults"];
                };
            };
        };
    };
    getUser: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Answer 304 without a body if the record still has one of these entity tags.
                 * @example "a3-5f0c9b2e"
                 */
                "if-none-match"?: string;
            };
            path: {
                /**
                 * @description The id of the user.
                 * @example 42
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 7,
                     *       "username": "alice",
                     *       "created_at": "2026-11-20T16:33:06.902Z"
                     *     }
                     */
                    "application/json": components["schemas"]["User"];
                };
            };
            /** @description You have this state already. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    deleteUser: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Proceed only if the record still has one of these entity tags, else 412. `*` is any.
                 * @example "a3-5f0c9b2e"
                 */
                "if-match"?: string;
            };
            path: {
                /**
                 * @description The id of the user.
                 * @example 42
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The account is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    updateUser: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Proceed only if the record still has one of these entity tags, else 412. `*` is any.
                 * @example "a3-5f0c9b2e"
                 */
                "if-match"?: string;
            };
            path: {
                /**
                 * @description The id of the user.
                 * @example 42
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "role": "moderator"
                 *     }
                 */
                "application/merge-patch+json": components["schemas"]["UserPatch"];
                /**
                 * @example {
                 *       "role": "moderator"
                 *     }
                 */
                "application/json": components["schemas"]["UserPatch"];
            };
        };
        responses: {
            /** @description The account as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": 7,
                     *       "username": "alice",
                     *       "created_at": "2026-11-20T16:33:06.902Z",
                     *       "email": "alice@example.com",
                     *       "pending_email": null,
                     *       "undeliverable": null,
                     *       "phone": null,
                     *       "role": "user",
                     *       "status": "active",
                     *       "must_change_password": false,
                     *       "updated_at": "2026-11-20T16:33:06.902Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Account"];
                };
            };
        };
    };
    deleteUserTotp: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of the user.
                 * @example 42
                 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}

/** Every `code` that the server gives a refusal. */
export type ServerCode =
  | 'account_suspended'
  | 'bulk_rolled_back'
  | 'csrf_failed'
  | 'cursor_mismatch'
  | 'email_domain_not_allowed'
  | 'email_taken'
  | 'email_unconfirmed'
  | 'fresh_login_required'
  | 'headers_too_large'
  | 'idempotency_key_in_use'
  | 'idempotency_key_reused'
  | 'identity_taken'
  | 'import_rejected'
  | 'import_running'
  | 'insufficient_role'
  | 'insufficient_scope'
  | 'internal_error'
  | 'invalid_credentials'
  | 'invitation_invalid'
  | 'invitation_required'
  | 'isbn_taken'
  | 'last_admin'
  | 'last_way_in'
  | 'link_invalid'
  | 'mail_unavailable'
  | 'malformed_request'
  | 'method_not_allowed'
  | 'not_found'
  | 'not_owner'
  | 'not_ready'
  | 'otp_incorrect'
  | 'otp_invalid'
  | 'otp_required'
  | 'overloaded'
  | 'password_absent'
  | 'password_change_required'
  | 'password_incorrect'
  | 'payload_too_large'
  | 'precondition_failed'
  | 'provider_unavailable'
  | 'rate_limited'
  | 'refresh_token_expired'
  | 'refresh_token_reused'
  | 'registration_closed'
  | 'request_timeout'
  | 'route_not_found'
  | 'state_mismatch'
  | 'storage_full'
  | 'token_expired'
  | 'token_invalid'
  | 'token_missing'
  | 'token_revoked'
  | 'token_type_invalid'
  | 'too_many_api_keys'
  | 'too_many_attempts'
  | 'too_many_invitations'
  | 'too_many_streams'
  | 'totp_absent'
  | 'totp_active'
  | 'unsupported_media_type'
  | 'uri_too_long'
  | 'username_taken'
  | 'validation_failed'

/** What creates records: a POST there takes an Idempotency-Key. */
export const KEYED_PATHS: ReadonlySet<string> = new Set([
  '/todos/import',
  '/books/import',
  '/posts',
  '/posts/bulk',
  '/todos',
  '/todos/bulk',
  '/books',
  '/books/bulk',
])

/** What takes a form (RFC 7009, RFC 7662). */
export const FORM_PATHS: ReadonlySet<string> = new Set([
  '/auth/introspect',
  '/auth/revoke',
])
