-- The schema of the loans desk, applied by the engine.
CREATE TABLE loan (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  title text NOT NULL,
  lent date NOT NULL DEFAULT '2026-01-01'
);
CREATE TABLE return_slip (id serial PRIMARY KEY, loan int REFERENCES loan, note text);
CREATE VIEW overdue AS SELECT * FROM loan WHERE lent < '2025-01-01';
CREATE FUNCTION lent_out() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM loan';
