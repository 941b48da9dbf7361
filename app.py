"""The router: which pages there are, and what stands around the script that shows them."""

import streamlit as st

if __name__ == "app":  # imported by the server, once: the ASGI application around the script below
    from ui.server import lifespan, middleware

    app = st.App(__file__, lifespan=lifespan, middleware=middleware())
else:  # one run of the script, for one visitor
    from ui import frame

    frame.open_site()
    st.navigation(
        {
            "": [st.Page("pages/start.py", title="Start", icon=":material/home:", url_path="start", default=True)],
            "Learn": [
                st.Page("pages/model_builder.py", title="Build", icon=":material/account_tree:", url_path="build"),
                st.Page("pages/word_order.py", title="Word order", icon=":material/swap_horiz:", url_path="order"),
                st.Page("pages/hidden_states.py", title="Hidden states", icon=":material/timeline:", url_path="states"),
                st.Page("pages/backpropagation.py", title="Backpropagation", icon=":material/undo:", url_path="gradients"),
                st.Page("pages/memory_gap.py", title="Memory and gap", icon=":material/ssid_chart:", url_path="memory"),
                st.Page("pages/questions.py", title="Ten questions", icon=":material/quiz:", url_path="questions"),
            ],
            "Use": [
                st.Page("pages/training.py", title="Train", icon=":material/model_training:", url_path="train"),
                st.Page("pages/classifying.py", title="Classify", icon=":material/label:", url_path="classify"),
                st.Page("pages/run_list.py", title="Runs", icon=":material/list_alt:", url_path="runs"),
            ],
            "Explore": [
                st.Page("pages/word_list.py", title="Glossary", icon=":material/menu_book:", url_path="glossary"),
                st.Page("pages/sharing.py", title="Share", icon=":material/share:", url_path="share"),
            ],
        }
    ).run()
    frame.close_site()
