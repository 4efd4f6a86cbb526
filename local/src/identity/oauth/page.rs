//! The sign-in page: one file of HTML, without scripts and outside resources.
//! Everything that is not a constant is escaped.

use seeds::SeedUser;

use super::authorization::AuthorizationRequest;
use crate::frame::{escaped, page};
use crate::identity::discovery::AUTHORIZE_PATH;

/// What the page shows.
pub(crate) struct SignInPage<'a> {
    /// The request to answer.
    pub(crate) request: &'a AuthorizationRequest<'a>,
    /// Who can be chosen.
    pub(crate) users: &'a [SeedUser],
    /// The address that was typed, if it was refused.
    pub(crate) refused_email: Option<&'a str>,
}

impl SignInPage<'_> {
    /// The page.
    pub(crate) fn html(&self) -> String {
        let client = escaped(&self.request.client.name);
        let scopes = self.request.scope.split(' ');
        let scopes: String = scopes
            .map(|scope| format!("<li>{}</li>", escaped(scope)))
            .collect();
        let hidden = self.hidden();
        let users: String = self.users.iter().map(user_button).collect();
        let (typed, problem, described) = match self.refused_email {
            Some(typed) => (
                typed,
                r#"<p class="problem" id="problem" role="alert">This is no e-mail address. One looks like somebody@example.com.</p>"#,
                r#"aria-invalid="true" aria-describedby="problem note""#,
            ),
            None => {
                let hint = self.request.login_hint.as_deref().unwrap_or_default();
                (hint, "", r#"aria-describedby="note""#)
            }
        };
        let typed = escaped(typed);
        let body = format!(
            r#"<h1>Sign in to {client}</h1>
<p>This is the issuer of the local world: there are no passwords. Choose who you are.</p>
<form method="post" action="{AUTHORIZE_PATH}" aria-label="Seeded users">
{hidden}<ul class="users">
{users}</ul>
</form>
<form method="post" action="{AUTHORIZE_PATH}" aria-label="Somebody else">
{hidden}<label for="email">Or somebody else</label>
{problem}<input id="email" name="email" type="email" required maxlength="254" autocomplete="email" placeholder="somebody@example.com" value="{typed}" {described}>
<p class="note" id="note">One address is always the same user.</p>
<button class="main">Sign in</button>
</form>
<details><summary>What {client} asks for</summary><ul>{scopes}</ul></details>
<form method="post" action="{AUTHORIZE_PATH}" aria-label="Cancel">
{hidden}<button name="cancel" value="1" class="plain">Cancel</button>
</form>
"#
        );
        page(&format!("Sign in to {client}"), &body)
    }

    fn hidden(&self) -> String {
        let fields = self.request.fields();
        let inputs = fields.iter().map(|(name, value)| {
            let value = escaped(value);
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">\n")
        });
        inputs.collect()
    }
}

fn user_button(user: &SeedUser) -> String {
    let (id, name) = (escaped(user.user_id.as_str()), escaped(&user.display_name));
    let email = escaped(&user.email);
    format!(
        "<li><button name=\"user\" value=\"{id}\"><strong>{name}</strong> <span>{email}</span></button></li>\n"
    )
}

/// The page of a request that cannot be answered to its client.
pub(crate) fn error_page(text: &str) -> String {
    let text = escaped(text);
    let body = format!(
        "<h1>This sign-in cannot go on</h1>\n<p role=\"alert\">{text}</p>\n\
         <p>Close this page and start again from the app. Nothing was sent to it.</p>\n"
    );
    page("Sign-in error", &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        assert!(error_page("<script>").contains("&lt;script&gt;"));
    }
}
