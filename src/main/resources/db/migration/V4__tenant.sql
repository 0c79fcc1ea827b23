-- Who may see a request; empty where a site has one tenant only.
ALTER TABLE suggestion_request ADD COLUMN tenant varchar(200) NOT NULL DEFAULT '';
