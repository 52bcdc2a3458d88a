//! `zoom2drive meet`: conferences of one user and of a company; one user's failure hides nobody else's.
