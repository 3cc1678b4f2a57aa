// Made from openapi.json by `npm run api`. Do not edit.
export interface paths {
    "/api/cases/{case_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read
         * @description All of it, for its holder and for supervisors. Each reading is on the audit log, and each refused one.
         */
        get: operations["read"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cases/{case_id}/claim": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Claim
         * @description Take this person. One of two who try at once gets 409.
         */
        post: operations["claim"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cases/{case_id}/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Close
         * @description End it with an outcome; the program takes the talk over again.
         */
        post: operations["close"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cases/{case_id}/knock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Knock
         * @description Ask the person to write when it is safe, where the platform lets nobody else begin.
         */
        post: operations["knock"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cases/{case_id}/level": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * SetLevel
         * @description Choose the level. Responders raise it; only supervisors lower it.
         */
        put: operations["set_level"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cases/{case_id}/messages/{message_id}/again": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * SendAgain
         * @description Send one's own message of unknown fate once more, because one is sure.
         */
        post: operations["send_again"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cases/{case_id}/notes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Note
         * @description A note for the team.
         */
        post: operations["note"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cases/{case_id}/release": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Release
         * @description Give the person back to the queue, as long waiting as they were.
         */
        post: operations["release"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cases/{case_id}/replies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reply
         * @description Say something to the person. The same key again gives the same message and sends nothing.
         */
        post: operations["reply"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/duty": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * SetDuty
         * @description Begin or end taking people. Those one holds stay.
         */
        put: operations["set_duty"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Events
         * @description News for this console, each a `News` as JSON after `data:`.
         */
        get: operations["events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Invite
         * @description A one-time link for somebody new. It is shown once.
         */
        post: operations["invite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/invitations/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Accept
         * @description Use a one-time link: become somebody who may sign in, and be signed in.
         */
        post: operations["accept"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/invitations/look": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Look
         * @description Whether a one-time link can still be used. The token is in the body, so that no log can hold it.
         */
        post: operations["look"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Me
         * @description Who is signed in.
         */
        get: operations["me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/passwords/look": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * LookAtReset
         * @description Whose password a link replaces, while it can be used.
         */
        post: operations["look_at_reset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/passwords/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reset
         * @description Set a new password by a one-time link. Who was signed in with the old one is not any more; this browser is.
         */
        post: operations["reset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListPeople
         * @description Everybody who may sign in or once might.
         */
        get: operations["list_people"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/people/{person_id}/active": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * SetActive
         * @description Let somebody sign in again, or shut them out: signed out everywhere, their people back in the queue.
         */
        put: operations["set_active"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/people/{person_id}/reset-link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * MakeResetLink
         * @description A one-time link by which somebody sets a new password. It is shown once.
         */
        post: operations["make_reset_link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/people/{person_id}/roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * SetRoles
         * @description Give somebody these roles instead.
         */
        put: operations["set_roles"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/presence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Presence
         * @description Renew all one's leases. The console calls this every 20 s; it counts as doing something only while on duty.
         */
        post: operations["presence"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/queue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Queue
         * @description How many wait at each level, and one's own people.
         */
        get: operations["queue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/queue/next": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * TakeNext
         * @description Take the next person.
         */
        post: operations["take_next"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/signin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * SignIn
         * @description Sign in. An unknown login and a wrong password get the same answer.
         */
        post: operations["sign_in"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/signout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * SignOut
         * @description Sign out on this device. With the last device, duty ends too.
         */
        post: operations["sign_out"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** Accept */
        Accept: {
            /** @default false */
            also_responder: boolean;
            login: string;
            name: string;
            password: string;
            token: string;
        };
        /** Active */
        Active: {
            is_active: boolean;
        };
        /** BriefLine */
        BriefLine: {
            is_inferred: boolean;
            label: string;
            seq: number | null;
            slot: string;
            /** @enum {string} */
            state: "known" | "unsure" | "refused" | "not_asked";
            value: string;
        };
        /** CaseDetail */
        CaseDetail: {
            brief: components["schemas"]["BriefLine"][];
            channel: string;
            code: string;
            consents: components["schemas"]["Consent"][];
            control: components["schemas"]["Control"];
            control_epoch: number;
            holder: string | null;
            id: string;
            is_mine: boolean;
            knock: components["schemas"]["Knock"];
            languages: string[];
            last_seq: number;
            lease_until: string | null;
            level: components["schemas"]["Level"];
            /** @enum {string} */
            lock: "" | "not_holder" | "closed" | "contact_blocked" | "contact_stopped" | "unsafe" | "window_closed";
            may_contact_first: boolean | null;
            may_write: boolean;
            name: string;
            notes: string[];
            /** Format: date-time */
            opened_at: string;
            place: string;
            /** Format: date-time */
            respond_by: string;
            safe_hours: string;
            services: components["schemas"]["Service"][];
            signs: components["schemas"]["Sign"][];
            status: components["schemas"]["CaseStatus"];
            thread: components["schemas"]["Message"][];
            version: number;
            /** Format: date-time */
            waiting_since: string;
            window_until: string | null;
        };
        /**
         * CaseStatus
         * @description Where a case is. QUEUED waits for anybody; ACTIVE has a holder under a lease.
         * @enum {string}
         */
        CaseStatus: "queued" | "active" | "closed";
        /** CaseSummary */
        CaseSummary: {
            channel: string;
            id: string;
            languages: string[];
            /** Format: date-time */
            last_at: string;
            lease_until: string | null;
            level: components["schemas"]["Level"];
            name: string;
            preview: string;
            /** @enum {string} */
            preview_by: "contact" | "program" | "me" | "responder";
            status: components["schemas"]["CaseStatus"];
            unread: number;
        };
        /** Close */
        Close: {
            /** @default  */
            farewell: string;
            /** @default  */
            note: string;
            outcome: components["schemas"]["Outcome"];
        };
        /** Consent */
        Consent: {
            at: string | null;
            is_given: boolean | null;
            scope: string;
            words: string;
        };
        /**
         * Control
         * @description Who speaks in a conversation. Exactly one does; a change raises the conversation's control epoch.
         * @enum {string}
         */
        Control: "bot" | "pending" | "human" | "paused";
        /**
         * DeliveryState
         * @description Where an outbound message is. UNKNOWN: it was being sent when we lost sight of it, so it may or may not have arrived.
         * @enum {string}
         */
        DeliveryState: "queued" | "sending" | "sent" | "delivered" | "read" | "failed" | "unknown";
        /** Duty */
        Duty: {
            is_on_duty: boolean;
        };
        /**
         * Fault
         * @description Every error of the API. `code` is ours and stable, `message` in the reader's language, `field` where one is at fault.
         *
         *         409: case_already_claimed, conversation_moved_on (someone wrote; `last_seq` is now), control_lost, case_closed, stale_version,
         *         contact_unreachable, contact_unsafe, window_closed, may_not_knock,
         *         login_taken. 404: nobody_waits, case_not_found, message_not_found, not_found.
         *         403: not_allowed, not_holder,
         *         off_duty, no_slot, level_only_rises, cross_site. 401: signed_out, wrong_password, link_used. 400: invalid, login_unusable,
         *         name_unusable, password_too_short, password_too_long, password_too_common, password_holds_login. 413: too_large.
         *         429: too_many_tries (`wait_seconds`). 503: unavailable. 500: unexpected.
         */
        Fault: {
            code: string;
            /** @default  */
            field: string;
            /** @default null */
            last_seq: number | null;
            message: string;
            /** @default null */
            wait_seconds: number | null;
        };
        /** Invitation */
        Invitation: {
            /** Format: date-time */
            expires_at: string;
            path: string;
        };
        /** Invite */
        Invite: {
            roles: components["schemas"]["Role"][];
        };
        /**
         * Knock
         * @description Whether somebody can be asked to write again. NONE: there is no need, they can be written to.
         * @enum {string}
         */
        Knock: "" | "possible" | "no_consent" | "no_template" | "sent";
        /**
         * Level
         * @description How soon a person must look, most urgent first.
         *
         *         Source: docs/levels.md. P1 now or within hours, P2 serious and the same day, P3 a person should help though not today,
         *         P4 information is enough.
         * @enum {string}
         */
        Level: "P1" | "P2" | "P3" | "P4";
        /** LevelCount */
        LevelCount: {
            level: components["schemas"]["Level"];
            oldest_at: string | null;
            respond_by?: string | null;
            waiting: number;
        };
        /** Link */
        Link: {
            token: string;
        };
        /** Me */
        Me: {
            is_on_duty: boolean;
            person: components["schemas"]["Person"];
        };
        /** Message */
        Message: {
            /** Format: date-time */
            at: string;
            /** @default  */
            author: string;
            buttons?: string[];
            /** @enum {string} */
            by: "contact" | "program" | "responder" | "system";
            delivery?: components["schemas"]["DeliveryState"] | null;
            /**
             * @default
             * @enum {string}
             */
            failure: "" | "unreachable" | "moved" | "window_closed" | "superseded" | "refused";
            id: string;
            kind: string;
            seq: number;
            text: string;
        };
        /**
         * News
         * @description What GET /api/events tells, as JSON after `data:`. It carries no content, only where to look again.
         *
         *         queue: counts or holders changed. case: something was said or changed in it, up to `seq`. delivery: a message of this case got
         *         further. lease_lost: one's own case went back to the queue. refresh: some news were missed, look at everything.
         */
        News: {
            /** @default  */
            case: string;
            /** @enum {unknown} */
            kind: "case" | "delivery" | "lease_lost" | "queue" | "refresh";
            /** @default 0 */
            seq: number;
        };
        /** Note */
        Note: {
            key: string;
            text: string;
        };
        /** OpenLink */
        OpenLink: {
            is_first: boolean;
        };
        /**
         * Outcome
         * @description How a case ended.
         * @enum {string}
         */
        Outcome: "helped" | "referred" | "informed" | "declined" | "unreachable" | "no_need";
        /** Person */
        Person: {
            id: string;
            /** @default true */
            is_active: boolean;
            login: string;
            name: string;
            roles: components["schemas"]["Role"][];
        };
        /** Presence */
        Presence: {
            held: string[];
            lease_until: string | null;
        };
        /** Queue */
        Queue: {
            levels: components["schemas"]["LevelCount"][];
            may_take: boolean;
            mine: components["schemas"]["CaseSummary"][];
            /** @enum {string} */
            reason: "" | "off_duty" | "full" | "nobody_waits";
            responders_on_duty: number;
            slots: number;
            troubles?: components["schemas"]["Trouble"][];
        };
        /** RaiseLevel */
        RaiseLevel: {
            level: components["schemas"]["Level"];
        };
        /** Reply */
        Reply: {
            /** @default false */
            asks_place: boolean;
            control_epoch: number;
            key: string;
            seen_seq: number;
            text: string;
        };
        /** Reset */
        Reset: {
            password: string;
            token: string;
        };
        /** ResetLink */
        ResetLink: {
            login: string;
            name: string;
        };
        /**
         * Role
         * @description What a person may do. An administrator manages people and settings and reads no case by that role alone.
         * @enum {string}
         */
        Role: "responder" | "supervisor" | "administrator";
        /** Roles */
        Roles: {
            roles: components["schemas"]["Role"][];
        };
        /** Service */
        Service: {
            contact: string;
            hours: string;
            id: string;
            name: string;
            note: string;
        };
        /** Sign */
        Sign: {
            /** Format: date-time */
            at: string;
            level: components["schemas"]["Level"];
            seq: number | null;
            topic: string;
            words: string;
        };
        /** SignIn */
        SignIn: {
            login: string;
            password: string;
        };
        /** Trouble */
        Trouble: {
            channel: string;
            /** @enum {string} */
            reason: "token" | "payment" | "account" | "intake";
            /** @enum {string} */
            side: "sending" | "taking";
            /** Format: date-time */
            since: string;
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
    read: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                case_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CaseDetail"];
                };
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    claim: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                case_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CaseDetail"];
                };
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    close: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                case_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Close"];
            };
        };
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    knock: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                case_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CaseDetail"];
                };
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    set_level: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                case_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RaiseLevel"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CaseDetail"];
                };
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    send_again: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                case_id: string;
                message_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request accepted, processing continues off-line */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    note: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                case_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Note"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    release: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                case_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    reply: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                case_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reply"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    set_duty: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Duty"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    events: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Stream Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
                };
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    invite: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Invite"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invitation"];
                };
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    accept: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Accept"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    look: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Link"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenLink"];
                };
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    look_at_reset: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Link"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResetLink"];
                };
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    reset: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reset"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    list_people: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Person"][];
                };
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    set_active: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Active"];
            };
        };
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    make_reset_link: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invitation"];
                };
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    set_roles: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Roles"];
            };
        };
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    presence: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Presence"];
                };
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    queue: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Queue"];
                };
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    take_next: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CaseDetail"];
                };
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
    sign_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": null;
                };
            };
            /** @description An error, as `Fault.code` and in words. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fault"];
                };
            };
        };
    };
}
